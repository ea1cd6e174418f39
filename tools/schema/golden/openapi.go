package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

type componentCase struct {
	Model  string `json:"model"`
	Digest string `json:"digest"`
}

// openapiCases digests the component schemas that the real API server publishes, without
// descriptions: enough to prove that ours are the same, in a line each.
func openapiCases() []componentCase {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes").Output()
	if err != nil {
		panic(err)
	}
	digests := map[string]string{}
	for _, name := range []string{
		"api__v1", "apis__apps__v1", "apis__autoscaling__v2", "apis__policy__v1", "apis__discovery.k8s.io__v1",
		"apis__coordination.k8s.io__v1", "apis__events.k8s.io__v1", "apis__apiextensions.k8s.io__v1",
	} {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "api/openapi-spec/v3", name+"_openapi.json"))
		if err != nil {
			panic(err)
		}
		var document struct {
			Components struct {
				Schemas map[string]any `json:"schemas"`
			} `json:"components"`
		}
		if err := json.Unmarshal(text, &document); err != nil {
			panic(err)
		}
		for model, schema := range document.Components.Schemas {
			// Kinds of meta.k8s.io list every group-version that the real server has.
			if schema := schema.(map[string]any); strings.Contains(model, ".meta.v1.") {
				delete(schema, "x-kubernetes-group-version-kind")
			}
			var canonical bytes.Buffer
			encoder := json.NewEncoder(&canonical)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(plain(schema)); err != nil {
				panic(err)
			}
			sum := sha256.Sum256(bytes.TrimSpace(canonical.Bytes()))
			digests[model] = hex.EncodeToString(sum[:6])
		}
	}
	var out []componentCase
	for model, digest := range digests {
		out = append(out, componentCase{model, digest})
	}
	slices.SortFunc(out, func(a, b componentCase) int { return strings.Compare(a.Model, b.Model) })
	return out
}

// plain drops descriptions, unions, and the allOf that upstream needs beside a description.
func plain(value any) any {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			value[i] = plain(item)
		}
	case map[string]any:
		if _, isText := value["description"].(string); isText {
			delete(value, "description")
		}
		delete(value, "x-kubernetes-unions")
		for key, member := range value {
			value[key] = plain(member)
		}
		if all, ok := value["allOf"].([]any); ok && len(value) == 1 && len(all) == 1 {
			return all[0]
		}
	}
	return value
}
