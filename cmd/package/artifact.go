package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// An artifact is one file that was written.
type artifact struct {
	name, platform string
	path           string // below -out, with slashes
	binary         int64  // bytes of the executable
	limit          int64  // for them; 0: none
	zip            int64  // bytes of the zip; 0: there is none
	sum            string // SHA-256 of the file, in hex
}

// write puts the file below the folder out, whole or not at all: a full disk must not leave half a zip under its name.
func (a *artifact) write(out, path string, content []byte, mode os.FileMode) error {
	sum := sha256.Sum256(content)
	a.path, a.sum = path, hex.EncodeToString(sum[:])
	return writeFile(filepath.Join(out, filepath.FromSlash(path)), content, mode)
}

func writeFile(name string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing, once it has its name
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}

// table prints what was made.
func table(w io.Writer, all []artifact) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tFOR\tBINARY\tZIP\tSHA-256")
	for _, a := range all {
		packed := "-"
		if a.zip > 0 {
			packed = fmt.Sprint(a.zip)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", a.name, a.platform, a.binary, packed, a.sum)
	}
	return t.Flush()
}

// writeSums writes SHA256SUMS, as sha256sum -c reads it, with what this run made.
func writeSums(out string, all []artifact) error {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b artifact) int { return cmp.Compare(a.path, b.path) })
	var text strings.Builder
	for _, a := range sorted {
		fmt.Fprintf(&text, "%s  %s\n", a.sum, a.path)
	}
	return writeFile(filepath.Join(out, "SHA256SUMS"), []byte(text.String()), 0o644)
}

// overLimit is an error that names every function that has grown too large.
func overLimit(all []artifact) error {
	var large []string
	for _, a := range all {
		if a.limit > 0 && a.binary > a.limit {
			large = append(large, fmt.Sprintf("%s for %s has %d bytes, %d are allowed", a.name, a.platform, a.binary, a.limit))
		}
	}
	if len(large) > 0 {
		return errors.New("too large for a short cold start: " + strings.Join(large, "; "))
	}
	return nil
}
