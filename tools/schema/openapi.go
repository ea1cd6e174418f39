package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

// The generated OpenAPI knows what struct tags do not say: list types and map keys, atomic maps,
// which fields are required, defaults and enums.
func (w *walker) addOpenAPI() {
	definitions := openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef(path) })
	for _, table := range w.structs {
		table.model = modelName(table.goType)
		definition, ok := definitions[table.model]
		if !ok {
			panic("no OpenAPI definition of " + table.model)
		}
		schema := definition.Schema
		table.atomic = schema.Extensions["x-kubernetes-map-type"] == "atomic"
		for _, f := range table.fields {
			if f.Inline {
				continue
			}
			property, ok := schema.Properties[f.Name]
			if !ok {
				panic("no OpenAPI property " + table.model + "." + f.Name)
			}
			f.Required = slices.Contains(schema.Required, f.Name)
			f.addProperty(property)
			if f.PatchStrategy != text(property, "x-kubernetes-patch-strategy") || f.MergeKey != text(property, "x-kubernetes-patch-merge-key") {
				panic("struct tags and OpenAPI disagree on " + table.model + "." + f.Name)
			}
		}
	}
}

func (f *field) addProperty(property spec.Schema) {
	f.ListType = text(property, "x-kubernetes-list-type")
	f.MapType = text(property, "x-kubernetes-map-type")
	if keys, ok := property.Extensions["x-kubernetes-list-map-keys"].([]any); ok {
		for _, key := range keys {
			f.MapKeys = append(f.MapKeys, key.(string))
		}
	}
	f.Enum = property.Enum
	if property.Items != nil {
		f.Enum = append(f.Enum, property.Items.Schema.Enum...)
	}
	// A default that only restates what Go always writes says nothing.
	if value := property.Default; value != nil && !isEmptyMap(value) && (f.Omitempty || f.goType.Kind() == reflect.Pointer || !reflect.ValueOf(value).IsZero()) {
		f.Default = value
	}
}

func isEmptyMap(value any) bool {
	m, ok := value.(map[string]any)
	return ok && len(m) == 0
}

func text(schema spec.Schema, extension string) string {
	value, _ := schema.Extensions[extension].(string)
	return value
}

func modelName(t reflect.Type) string {
	named, ok := reflect.New(t).Interface().(interface{ OpenAPIModelName() string })
	if !ok {
		panic(fmt.Sprintf("%v has no OpenAPI model name", t))
	}
	return named.OpenAPIModelName()
}

// io.k8s.api.core.v1, the prefix of a file's models.
func modelPrefix(table *structTable) string {
	return strings.TrimSuffix(table.model, "."+table.goName)
}
