package testmysql

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// arguments of the server. The socket's path is relative to the data folder, because a whole one may be too long for a
// socket. What a commit has written is on the disk, so that a crash loses nothing that was acknowledged.
func (s *Server) arguments() []string {
	return append(common(s.data()),
		"--bind-address=127.0.0.1", "--port="+strconv.Itoa(s.port), "--socket=socket", "--pid-file=pid",
		"--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=1",
		"--max-connections=300", "--skip-name-resolve", "--character-set-server=utf8mb4",
	)
}

// StartAgain starts the server after Kill or Stop and returns when it answers. Of a server that runs it makes nothing.
func (s *Server) StartAgain() {
	s.t.Helper()
	if s.run != nil {
		return
	}
	r := &run{cmd: exec.Command(program, s.arguments()...), ended: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = s.log, s.log
	r.cmd.SysProcAttr = dependent()
	if err := r.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		r.cmd.Wait() // how it ended is in its log
		close(r.ended)
	}()
	s.run = r
	if err := s.answers(); err != nil {
		s.t.Fatal(err)
	}
}

// answers waits until the server does.
func (s *Server) answers() error {
	db := s.admin()
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.run.ended:
			return fmt.Errorf("%s ended instead of starting", program)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", program, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server as a loss of power would: no transaction is ended, nothing is written any more.
func (s *Server) Kill() {
	s.t.Helper()
	s.end(syscall.SIGKILL)
}

// Stop shuts the server down in order and returns when it is gone.
func (s *Server) Stop() {
	s.t.Helper()
	s.end(syscall.SIGTERM)
}

func (s *Server) end(how syscall.Signal) {
	s.t.Helper()
	if s.run == nil {
		return
	}
	r := s.run
	s.run = nil
	if err := r.cmd.Process.Signal(how); err != nil {
		s.t.Errorf("%s had ended already: %v", program, err)
	}
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.cmd.Process.Kill()
		<-r.ended
		s.t.Errorf("%s did not end by itself", program)
	}
}

// close ends the server, shows its log where the test failed, and removes what it left.
func (s *Server) close() {
	s.Kill()
	if s.log != nil {
		if s.t.Failed() {
			s.t.Logf("the log of %s:\n%s", program, s.tail())
		}
		s.log.Close()
	}
	if s.dir != "" {
		os.RemoveAll(s.dir)
	}
}

// tail is the end of the log, where it says why it died.
func (s *Server) tail() string {
	const most = 8 << 10
	info, err := s.log.Stat()
	if err != nil {
		return err.Error()
	}
	from := max(0, info.Size()-most)
	text, err := io.ReadAll(io.NewSectionReader(s.log, from, most))
	if err != nil {
		return err.Error()
	}
	return string(text)
}
