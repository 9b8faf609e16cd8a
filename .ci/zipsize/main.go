// Command zipsize prints the size of a function's binary and of the zip that would be deployed.
package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
)

func main() {
	name, path := os.Args[1], os.Args[2]
	binary, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("bootstrap")
	if err == nil {
		_, err = w.Write(binary)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%-8s binary %9d bytes (%.1f MB)   zip %8d bytes (%.1f MB)\n",
		name, len(binary), float64(len(binary))/1e6, packed.Len(), float64(packed.Len())/1e6)
}
