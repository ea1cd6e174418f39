package main

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A field as the tables hold it. Order is struct order, which is also the order of Go's JSON.
type field struct {
	Name          string   `json:"name,omitempty"`
	Inline        bool     `json:"inline,omitempty"`
	Type          string   `json:"type"`
	Number        int      `json:"number,omitempty"`
	Omitempty     bool     `json:"omitempty,omitempty"`
	Omitzero      bool     `json:"omitzero,omitempty"`
	PatchStrategy string   `json:"patchStrategy,omitempty"`
	MergeKey      string   `json:"mergeKey,omitempty"`
	ListType      string   `json:"listType,omitempty"`
	MapKeys       []string `json:"mapKeys,omitempty"`
	MapType       string   `json:"mapType,omitempty"`
	Required      bool     `json:"required,omitempty"`
	Default       any      `json:"default,omitempty"`
	Enum          []any    `json:"enum,omitempty"`
	Go            string   `json:"go,omitempty"`

	goType reflect.Type
}

type structTable struct {
	name   string // core/v1.Pod
	goName string // Pod
	fields []*field
	goType reflect.Type
	model  string // io.k8s.api.core.v1.Pod
	atomic bool   // server-side apply takes it as one value
}

type walker struct {
	files   map[string]*groupVersion // by Go package
	structs map[string]*structTable
	order   map[string][]*structTable // by file, in order of discovery
	aliases map[string]map[string]reflect.Type
}

func newWalker() *walker {
	w := &walker{map[string]*groupVersion{}, map[string]*structTable{}, map[string][]*structTable{}, map[string]map[string]reflect.Type{}}
	for i := range groupVersions {
		w.files[groupVersions[i].pkg] = &groupVersions[i]
	}
	return w
}

func (w *walker) fileOf(t reflect.Type) *groupVersion {
	gv := w.files[t.PkgPath()]
	if gv == nil {
		panic("no file for the structs of " + t.PkgPath() + ": add it to groupVersions (" + t.Name() + ")")
	}
	return gv
}

// core/v1.Pod: the Go package's short name and the struct's.
func (w *walker) nameOf(t reflect.Type) string {
	return strings.Replace(w.fileOf(t).file, "-", "/", 1) + "." + t.Name()
}

func (w *walker) structOf(t reflect.Type) string {
	name := w.nameOf(t)
	if w.structs[name] != nil {
		return name
	}
	table := &structTable{name: name, goName: t.Name(), goType: t}
	w.structs[name] = table
	file := w.fileOf(t).file
	w.order[file] = append(w.order[file], table)
	for i := range t.NumField() {
		if f := w.fieldOf(t, t.Field(i)); f != nil {
			table.fields = append(table.fields, f)
		}
	}
	return name
}

func (w *walker) fieldOf(owner reflect.Type, f reflect.StructField) *field {
	tag, has := f.Tag.Lookup("json")
	if !has || !f.IsExported() {
		panic(fmt.Sprintf("%v.%s has no json tag", owner, f.Name))
	}
	name, options, _ := strings.Cut(tag, ",")
	if name == "-" {
		return nil
	}
	out := &field{
		Name:          name,
		PatchStrategy: f.Tag.Get("patchStrategy"),
		MergeKey:      f.Tag.Get("patchMergeKey"),
		goType:        f.Type,
	}
	for _, option := range strings.Split(options, ",") {
		switch option {
		case "":
		case "inline":
			out.Inline = true
		case "omitempty":
			out.Omitempty = true
		case "omitzero":
			out.Omitzero = true
		default:
			panic("json option " + option)
		}
	}
	if name == "" && !f.Anonymous {
		panic(fmt.Sprintf("%v.%s has no name", owner, f.Name))
	}
	if name != "" && out.Inline {
		panic(fmt.Sprintf("%v.%s is named and inline", owner, f.Name))
	}
	out.Inline = name == ""
	if tag := f.Tag.Get("protobuf"); tag != "" && tag != "-" {
		number, err := strconv.Atoi(strings.Split(tag, ",")[1])
		if err != nil {
			panic(err)
		}
		out.Number = number
	}
	out.Type = w.typeOf(f.Type)
	out.Go = goName(f.Type)
	return out
}

// Go's own name of a type for decoding errors, where it cannot be told from the table's:
// `v1.RestartPolicy` is a string. Empty elsewhere.
func goName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !hasNamedScalar(t) {
		return ""
	}
	return t.String()
}

func hasNamedScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return hasNamedScalar(t.Elem())
	case reflect.Map:
		return t.Name() != "" || hasNamedScalar(t.Key()) || hasNamedScalar(t.Elem())
	case reflect.Struct, reflect.Interface:
		return false
	}
	return t.PkgPath() != ""
}

// The grammar of types: `*T` pointer, `[]T` list, `{}T` map with string keys, `pkg/version.Struct`, or a plain word.
func (w *walker) typeOf(t reflect.Type) string {
	if known, ok := special[qualifiedName(t)]; ok {
		return known[0]
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + w.typeOf(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + w.typeOf(t.Elem())
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			panic("map key of " + t.String())
		}
		if t.Name() != "" {
			file := w.fileOf(t).file
			if w.aliases[file] == nil {
				w.aliases[file] = map[string]reflect.Type{}
			}
			w.aliases[file][t.Name()] = t
		}
		return "{}" + w.typeOf(t.Elem())
	case reflect.Struct:
		return w.structOf(t)
	case reflect.Interface:
		return "any"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32:
		return "int32"
	case reflect.Int64:
		return "int64"
	case reflect.Float64:
		return "float64"
	}
	panic("no wire type for " + t.String())
}
