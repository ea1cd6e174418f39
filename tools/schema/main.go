// Command schema writes src/api/schema: tables of every struct reachable from the served kinds
// (<group>-<version>.json) and TypeScript interfaces for them (<group>-<version>.ts).
// Run from anywhere: go run -C tools/schema . ../../src/api/schema
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: schema FOLDER")
		os.Exit(2)
	}
	w := newWalker()
	for _, gv := range groupVersions {
		for _, root := range gv.roots {
			w.structOf(reflect.TypeOf(root))
		}
	}
	w.addOpenAPI()
	for i := range groupVersions {
		gv := &groupVersions[i]
		write(filepath.Join(os.Args[1], gv.file+".ts"), w.typescript(gv))
		write(filepath.Join(os.Args[1], gv.file+".json"), w.table(gv))
	}
}

// table writes one field a line, so that a new Kubernetes version is a readable diff.
func (w *walker) table(gv *groupVersion) string {
	var out strings.Builder
	fmt.Fprintf(&out, "{\n\"group\": %q,\n\"version\": %q,\n\"kinds\": [", gv.group, gv.version)
	first := true
	for _, root := range gv.roots {
		t := reflect.TypeOf(root)
		if embedded, ok := t.FieldByName("TypeMeta"); ok && embedded.Anonymous {
			if !first {
				out.WriteString(", ")
			}
			first = false
			fmt.Fprintf(&out, "%q", t.Name())
		}
	}
	tables := slices.SortedFunc(slices.Values(w.order[gv.file]), func(a, b *structTable) int { return strings.Compare(a.goName, b.goName) })
	fmt.Fprintf(&out, "],\n\"model\": %q,\n\"atomic\": [", modelPrefix(tables[0]))
	first = true
	for _, table := range tables {
		if table.atomic {
			if !first {
				out.WriteString(", ")
			}
			first = false
			fmt.Fprintf(&out, "%q", table.name)
		}
	}
	out.WriteString("],\n\"structs\": {\n")
	for i, table := range tables {
		fmt.Fprintf(&out, "%q: [", table.name)
		for j, f := range table.fields {
			var line bytes.Buffer
			encoder := json.NewEncoder(&line)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(f); err != nil {
				panic(err)
			}
			out.WriteString("\n" + strings.TrimSpace(line.String()))
			if j < len(table.fields)-1 {
				out.WriteString(",")
			}
		}
		out.WriteString("]")
		if i < len(tables)-1 {
			out.WriteString(",")
		}
		out.WriteString("\n")
	}
	out.WriteString("}\n}\n")
	return out.String()
}

func write(path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		panic(err)
	}
}
