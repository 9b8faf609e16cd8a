package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// toolNames are the commands that people run who have no Go: who checks a draw, who migrates a database. A version that does
// not have one of them yet is packaged without it, and its report shows that.
var toolNames = []string{"verify", "migrate"}

type platform struct{ system, arch string }

var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

// executable is what Go calls a program on this platform.
func (p platform) executable(name string) string {
	if p.system == "windows" {
		return name + ".exe"
	}
	return name
}

// tools builds the command line tools of this version for platforms.
func (b *builder) tools(ctx context.Context, out string, platforms []platform) (made []artifact, err error) {
	var names, packages []string
	for _, name := range toolNames {
		if _, err := os.Stat(filepath.Join(b.root, "cmd", name)); err == nil {
			names, packages = append(names, name), append(packages, "./cmd/"+name)
		}
	}
	if len(packages) == 0 {
		return nil, errors.New("there are no command line tools to build")
	}
	for _, p := range platforms {
		dir, err := b.build(ctx, p.system, p.arch, nil, packages)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			binary, err := os.ReadFile(filepath.Join(dir, p.executable(name)))
			if err != nil {
				return nil, err
			}
			a := artifact{name: name, platform: p.system + "/" + p.arch, binary: int64(len(binary))}
			if err := a.write(out, "tools/"+p.executable(name+"-"+p.system+"-"+p.arch), binary, 0o755); err != nil {
				return nil, err
			}
			made = append(made, a)
		}
	}
	return made, nil
}
