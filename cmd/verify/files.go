package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// How much of what comes from outside is read. The list's limit is 67,108,864 tickets.
const (
	maxProof   = 32 << 20
	maxList    = 1 << 30
	maxRules   = 1 << 20
	maxReceipt = 1 << 16
)

var errTooLarge = errors.New("too large")

// readUpTo reads all of r. size is how much to expect, so that a long list is held in memory once; 0 where it is unknown.
// The result is never nil without an error.
func readUpTo(r io.Reader, limit, size int64) ([]byte, error) {
	if size > limit {
		return nil, tooLarge(limit)
	}
	b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, tooLarge(limit)
	}
	return b.Bytes(), nil
}

func tooLarge(limit int64) error { return fmt.Errorf("%w: over %d bytes", errTooLarge, limit) }

func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text, err := readUpTo(f, limit, info.Size())
	if errors.Is(err, errTooLarge) {
		err = fmt.Errorf("read %s: %w", name, err)
	}
	return text, err // the errors of files name them
}

func readProof(name string, stdin io.Reader) ([]byte, error) {
	if name != "-" {
		return readFile(name, maxProof)
	}
	text, err := readUpTo(stdin, maxProof, 0)
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return text, nil
}
