package deploy

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wxlottery/internal/contract"
)

// checkout is the module itself.
func checkout(t *testing.T) fs.FS {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return os.DirFS(root)
}

// copied is what Check reads of the checkout, to be changed.
func copied(t *testing.T) fstest.MapFS {
	t.Helper()
	files, here := fstest.MapFS{}, checkout(t)
	for _, pattern := range []string{"*.y*ml", "*.example", makefile, "functions/*.yml", "functions/*/*.yml", "functions/*/*.go", "functions/*/*/*.go"} {
		names, err := fs.Glob(here, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			raw, err := fs.ReadFile(here, name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: raw}
		}
	}
	return files
}

func TestTheDeployFilesAreInOrder(t *testing.T) {
	t.Parallel()
	for _, fault := range Check(checkout(t), contract.Load(t).Routes()) {
		t.Error(fault)
	}
}

// change replaces the first occurrence of a text in a file.
type change struct{ file, old, new, fault string }

func (c change) apply(t *testing.T, files fstest.MapFS) {
	t.Helper()
	f := files[c.file]
	if f == nil || !strings.Contains(string(f.Data), c.old) {
		t.Fatalf("%s has no %q", c.file, c.old)
	}
	files[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(string(f.Data), c.old, c.new, 1))}
}

func TestEveryMistakeIsFound(t *testing.T) {
	t.Parallel()
	documented := contract.Load(t).Routes()
	for _, c := range slices.Concat(samMistakes, roleMistakes, alarmMistakes, frameworkMistakes, tencentMistakes, codeMistakes, valueMistakes, stateMistakes) {
		t.Run(c.file+" "+c.old+" → "+c.new, func(t *testing.T) {
			t.Parallel()
			files := copied(t)
			c.apply(t, files)
			faults := Check(files, documented)
			if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.fault) }) {
				t.Errorf("nobody says %q; found: %q", c.fault, faults)
			}
		})
	}
}

func TestAFunctionThatIsNotDeployedIsFound(t *testing.T) {
	t.Parallel()
	files := copied(t)
	files["functions/refund/main.go"] = &fstest.MapFile{Data: []byte("package main\n")}
	if faults := Check(files, contract.Load(t).Routes()); !slices.Contains(faults, "functions: function refund is too much") {
		t.Errorf("nobody misses refund: %q", faults)
	}
}

func TestAMissingFileIsFound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{samFile, samExample, makefile, frameworkFile, tencentRoot, "functions/draw/serverless.yml"} {
		files := copied(t)
		delete(files, name)
		if len(Check(files, contract.Load(t).Routes())) == 0 {
			t.Errorf("nobody misses %s", name)
		}
	}
}

func TestAKeyThatIsThereTwiceIsAnError(t *testing.T) {
	t.Parallel()
	_, err := readYAML(fstest.MapFS{"a.yaml": {Data: []byte("a: 1\nb: {c: 1, c: 2}\n")}}, "a.yaml")
	if err == nil || !strings.Contains(err.Error(), "c is there twice") {
		t.Errorf("%v", err)
	}
}

func TestShortFormsAliasesAndMergesAreReadAsWhatTheyStandFor(t *testing.T) {
	t.Parallel()
	got, err := readYAML(fstest.MapFS{"a.yaml": {Data: []byte(`
base: &base {x: 1, y: 2}
more: &more {y: 3, z: 4}
sum: {<<: [*base], y: 5}
both: {<<: [*base, *more]}
ref: !Ref Queue
att: !GetAtt Queue.Arn
cond: !If [IsLocal, !Ref A, !Sub '${B}']
`)}}, "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"sum": `{"x":1,"y":5}`, "both": `{"x":1,"y":2,"z":4}`, "ref": `{"Ref":"Queue"}`, "att": `{"Fn::GetAtt":["Queue","Arn"]}`,
		"cond": `{"Fn::If":["IsLocal",{"Ref":"A"},{"Fn::Sub":"${B}"}]}`,
	} {
		if show(got[key]) != want {
			t.Errorf("%s is %s, not %s", key, show(got[key]), want)
		}
	}
}
