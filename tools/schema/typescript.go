package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// What stored objects always have, whatever Go's omitempty says.
var alwaysInObjectMeta = []string{"name", "uid", "resourceVersion", "creationTimestamp"}

const header = "// Written by tools/schema from the Go structs of k8s.io/api, apimachinery and apiextensions-apiserver; not by hand.\n"

// typescript writes the interfaces of one file, sorted by name.
func (w *walker) typescript(gv *groupVersion) string {
	var body strings.Builder
	imports := map[string]map[string]bool{}
	refer := func(t reflect.Type) string {
		if other := w.fileOf(t); other != gv {
			if imports[other.file] == nil {
				imports[other.file] = map[string]bool{}
			}
			imports[other.file][t.Name()] = true
		}
		return t.Name()
	}
	tables := slices.SortedFunc(slices.Values(w.order[gv.file]), func(a, b *structTable) int { return strings.Compare(a.goName, b.goName) })
	for _, name := range slices.Sorted(maps.Keys(w.aliases[gv.file])) {
		elem := w.aliases[gv.file][name].Elem()
		fmt.Fprintf(&body, "\nexport type %s = Readonly<Record<string, %s>>;\n", name, typescriptType(elem, refer))
	}
	for _, table := range tables {
		if table.goName == "TypeMeta" {
			continue
		}
		extends := []string{}
		isKind := false
		for _, f := range table.fields {
			if !f.Inline {
				continue
			}
			if f.goType.Name() == "TypeMeta" {
				isKind = true
			} else {
				extends = append(extends, refer(f.goType))
			}
		}
		fmt.Fprintf(&body, "\nexport interface %s ", table.goName)
		if len(extends) > 0 {
			fmt.Fprintf(&body, "extends %s ", strings.Join(extends, ", "))
		}
		body.WriteString("{\n")
		if isKind {
			body.WriteString("  readonly apiVersion?: string | undefined;\n  readonly kind?: string | undefined;\n")
		}
		for _, f := range table.fields {
			if f.Inline {
				continue
			}
			of := typescriptType(f.goType, refer)
			if f.goType.Name() == "ObjectMeta" && !isKind {
				of = "Partial<ObjectMeta>" // a template's: it has no identity yet
			}
			required := !f.Omitempty || isPlainStruct(f.goType)
			if table.name == "meta/v1.ObjectMeta" {
				required = slices.Contains(alwaysInObjectMeta, f.Name)
			}
			if required {
				fmt.Fprintf(&body, "  readonly %s: %s;\n", property(f.Name), of)
			} else {
				fmt.Fprintf(&body, "  readonly %s?: %s | undefined;\n", property(f.Name), of)
			}
		}
		body.WriteString("}\n")
	}
	var out strings.Builder
	out.WriteString(header)
	for _, file := range slices.Sorted(maps.Keys(imports)) {
		fmt.Fprintf(&out, "import type { %s } from './%s.ts';\n", strings.Join(slices.Sorted(maps.Keys(imports[file])), ", "), file)
	}
	return out.String() + body.String()
}

func isPlainStruct(t reflect.Type) bool {
	if _, ok := special[qualifiedName(t)]; ok {
		return false
	}
	return t.Kind() == reflect.Struct
}

func property(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$") == "" {
		return name
	}
	return "'" + name + "'"
}

func typescriptType(t reflect.Type, refer func(reflect.Type) string) string {
	if known, ok := special[qualifiedName(t)]; ok {
		return known[1]
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typescriptType(t.Elem(), refer)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "string"
		}
		elem := typescriptType(t.Elem(), refer)
		if strings.Contains(elem, " ") {
			elem = "(" + elem + ")"
		}
		return "readonly " + elem + "[]"
	case reflect.Map:
		if t.Name() != "" {
			return refer(t)
		}
		return "Readonly<Record<string, " + typescriptType(t.Elem(), refer) + ">>"
	case reflect.Struct:
		return refer(t)
	case reflect.Interface:
		return "unknown"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int32, reflect.Int64, reflect.Float64:
		return "number"
	}
	panic("no TypeScript for " + t.String())
}
