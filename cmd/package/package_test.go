package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// build runs the command as a person would and returns what it printed.
func build(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != 0 {
		t.Fatalf("%q: exit code %d\n%s", args, code, errs.String())
	}
	return out.String()
}

func contents(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copyModule copies what the functions and this command are built from to another folder, which is no checkout.
func copyModule(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	for _, dir := range []string{"shared", "functions", "cmd/package", "internal/checkout"} {
		if err := os.CopyFS(filepath.Join(to, dir), os.DirFS(filepath.Join(root, dir))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum", "Makefile"} {
		if err := os.WriteFile(filepath.Join(to, file), contents(t, root, file), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// The second build is in another folder, on a machine that is set up otherwise.
func TestTheSameCommitGivesTheSameBytes(t *testing.T) {
	first, second, third := t.TempDir(), t.TempDir(), t.TempDir()
	build(t, "-commit", "0123456789ab", "-out", first, "draw")
	for name, value := range map[string]string{
		"GOAMD64": "v3", "GOARM64": "v9.0", "GOFLAGS": "-race", "CGO_ENABLED": "1", "GOWORK": "nowhere", "GOEXPERIMENT": "arenas",
		"GO_EXTLINK_ENABLED": "1",
	} {
		t.Setenv(name, value)
	}
	t.Chdir(copyModule(t))
	build(t, "-commit", "0123456789ab", "-out", second, "draw")
	for _, file := range []string{"aws/draw.zip", "scf/draw.zip", "SHA256SUMS"} {
		if !bytes.Equal(contents(t, first, file), contents(t, second, file)) {
			t.Errorf("%s differs", file)
		}
	}
	build(t, "-commit", "ba9876543210", "-out", third, "-cloud", "aws", "draw")
	if bytes.Equal(contents(t, first, "aws/draw.zip"), contents(t, third, "aws/draw.zip")) {
		t.Error("the commit is not in the bytes: the test compares nothing")
	}
}

func TestAZipHasOneExecutableAsTheCloudWantsIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build(t, "-commit", "0123456789ab", "-out", dir, "draw", "migrate")
	for path, want := range map[string]struct{ file, machine, tags string }{
		"aws/draw.zip": {"bootstrap", "\xb7\x00", "lambda.norpc"}, "aws/migrate.zip": {"bootstrap", "\xb7\x00", "lambda.norpc"},
		"scf/draw.zip": {"main", "\x3e\x00", "scf"}, "scf/migrate.zip": {"main", "\x3e\x00", "scf"},
	} {
		packed := contents(t, dir, path)
		z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
		if err != nil {
			t.Fatal(err)
		}
		if len(z.File) != 1 {
			t.Fatalf("%s has %d files", path, len(z.File))
		}
		f := z.File[0]
		if f.Name != want.file || f.Mode() != 0o755 || f.CreatorVersion>>8 != 3 || f.Method != zip.Deflate ||
			!f.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: %+v", path, f.FileHeader)
		}
		binary := unpacked(t, f)
		if string(binary[:4]) != "\x7fELF" || string(binary[18:20]) != want.machine {
			t.Errorf("%s is not for its machine", path)
		}
		if here, _ := filepath.Abs(root); bytes.Contains(binary, []byte(here)) || !bytes.Contains(binary, []byte("0123456789ab")) {
			t.Errorf("%s names this folder, or not the commit", path)
		}
		if got := tagsOf(t, binary); got != want.tags { // those that the rules about imports are tested with
			t.Errorf("%s is built with the tags %q", path, got)
		}
	}
}

func tagsOf(t *testing.T, binary []byte) string {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}

func unpacked(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheReportHasSizesAndSumsOfWhatWasMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := build(t, "-out", dir, "-cloud", "aws", "draw", "login")
	sums := strings.Split(strings.TrimSuffix(string(contents(t, dir, "SHA256SUMS")), "\n"), "\n")
	if !slices.IsSorted([]string{sums[0][66:], sums[1][66:]}) || len(sums) != 2 {
		t.Errorf("%q", sums)
	}
	for _, line := range sums {
		sum, path, _ := strings.Cut(line, "  ")
		file := contents(t, dir, path)
		if got := sha256.Sum256(file); hex.EncodeToString(got[:]) != sum || !strings.Contains(out, sum) {
			t.Errorf("the sum of %s is wrong, or not in\n%s", path, out)
		}
	}
	rows := strings.Split(strings.TrimSpace(out), "\n")
	if len(rows) != 4 || !strings.Contains(rows[0], "commit ") || !strings.HasPrefix(rows[2], "login  aws ") || !strings.HasPrefix(rows[3], "draw   aws ") {
		t.Errorf("the table is\n%s", out)
	}
}

func TestBareIsTheExecutableOfTheZip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build(t, "-out", dir, "-commit", "x", "-cloud", "scf", "draw")
	build(t, "-out", dir, "-commit", "x", "-cloud", "scf", "-bare", "draw")
	packed := contents(t, dir, "scf/draw.zip")
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(unpacked(t, z.File[0]), contents(t, dir, "main")) {
		t.Error("they differ")
	}
	if info, err := os.Stat(filepath.Join(dir, "main")); err != nil || info.Mode() != 0o755 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
