// Command local is a small cloud for one machine: it builds the four functions as they go to AWS Lambda or to Tencent SCF,
// runs them as processes behind an HTTP gateway and a timer, all speaking that cloud's protocols, and brings everything
// they need: a database, Redis, WeChat.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"wxlottery/cmd/local/demo"
	"wxlottery/internal/drandsim"
	"wxlottery/internal/wechatsim"
)

// grace is how long requests at work may take to end when the command does.
const grace = 3 * time.Second

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit code: 0 for an orderly end, 1 for a failure, 2 for wrong arguments.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "local: %v\n(-help lists the flags)\n", err)
		return 2
	}
	stop, hurry := signals()
	err = serve(stop, hurry, o, stdout, stderr)
	if err != nil && stop.Err() == nil {
		fmt.Fprintf(stderr, "local: %v\n", err)
		return 1
	}
	return 0
}

// serve runs the local cloud until stop ends, or until the demo has been played. The address is taken first: if it is not
// free, that is better known before the build.
func serve(stop, hurry context.Context, o options, stdout, stderr io.Writer) error {
	listener, url, err := listen(o.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		fmt.Fprintln(stderr, "careful: whoever reaches this address can log in as anybody")
	}
	ctx, cancel := context.WithCancel(stop)
	defer cancel()
	built, back, err := prepare(ctx, o, stderr)
	defer back.close()
	if err != nil {
		return err
	}

	secret := rand.Text()
	w := world{
		wechat: wechatsim.New(simulated(secret)),
		relay:  drandsim.New(drandsim.Config{Key: back.chain}),
		page:   newVerifyPage(ctx, back.chain.Public(), stderr),
	}
	c := newCloud(o, built, functionVariables(o, back, url, secret), stderr)
	server := &http.Server{Handler: newFront(c, w, built.version()), ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	defer shutdown(hurry, server, c)
	if err := waitUntilReady(ctx, url); err != nil {
		return fmt.Errorf("%w (the functions' log says why; -quiet hides it)", err)
	}
	timer, stopTimer := context.WithCancel(ctx)
	defer stopTimer() // before the functions are
	go c.runTimer(timer, o.tick)

	fmt.Fprintf(stdout, "ready %s\n", url)
	fmt.Fprintf(stderr, "open %s/ in a browser to play\n", url)
	if o.beacon == "drand" {
		fmt.Fprintf(stderr, "to recheck a draw: go run ./cmd/verify -dev-chain %x -event %s/events/ID\n", back.chain.Public(), url)
	}
	if o.demo {
		chain := back.chain.Chain()
		return demo.Play(ctx, demo.Config{URL: url, Lead: o.minLead + time.Second, Out: stdout, Chain: &chain})
	}
	<-ctx.Done()
	fmt.Fprintln(stderr, "ending")
	return nil
}

// prepare builds the functions and opens what they stand on. The backing can be closed also after an error.
func prepare(ctx context.Context, o options, stderr io.Writer) (build, backing, error) {
	none := backing{close: func() {}}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return build{}, none, fmt.Errorf("cannot make the data folder: %w", err)
	}
	fmt.Fprintln(stderr, "building the four functions for", o.cloud.title+"; the first time takes a minute or two")
	built, err := buildFunctions(ctx, o.cloud, filepath.Join(o.data, "bin"))
	if err != nil {
		return build{}, none, err
	}
	fmt.Fprintf(stderr, "starting on database, Redis and keys (%s)\n", o.data)
	back, err := openBacking(ctx, o)
	return built, back, err
}

// shutdown lets the requests at work end, within bounds, and then ends the functions.
func shutdown(hurry context.Context, server *http.Server, c *localCloud) {
	ctx, cancel := context.WithTimeout(hurry, grace)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close()
	}
	c.close()
}
