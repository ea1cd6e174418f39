// Command golden asks Kubernetes' own Go code for the right answers and writes them as test data
// under src/api: what strict decoding makes of JSON, what the protobuf encoder writes, what a
// strategic merge patch gives. Run: go run -C tools/schema ./golden ../../src/api
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: golden FOLDER")
		os.Exit(2)
	}
	write(filepath.Join(os.Args[1], "schema/testdata/decode.json"), decodeCases())
	write(filepath.Join(os.Args[1], "protobuf/testdata/bodies.json"), protobufCases())
	write(filepath.Join(os.Args[1], "patch/testdata/strategic.json"), strategicCases())
	write(filepath.Join(os.Args[1], "patch/testdata/json-patch.json"), jsonPatchCases())
	write(filepath.Join(os.Args[1], "patch/testdata/merge-patch.json"), mergePatchCases())
	write(filepath.Join(os.Args[1], "openapi/testdata/components.json"), openapiCases())
}

// write puts one case a line.
func write[T any](path string, cases []T) {
	var out bytes.Buffer
	out.WriteString("[\n")
	for i, c := range cases {
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(c); err != nil {
			panic(err)
		}
		out.Write(bytes.TrimSpace(line.Bytes()))
		if i < len(cases)-1 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
	}
	out.WriteString("]\n")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		panic(err)
	}
}
