package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	kjson "sigs.k8s.io/json"
)

type documentCase struct {
	Document json.RawMessage `json:"document"`
	Patch    json.RawMessage `json:"patch"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
	Code     int             `json:"code,omitempty"`
}

// The apiserver decodes operations strictly, then applies them; what each step's failure becomes is its own.
type jsonPatchOp struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	From  string `json:"from"`
	Value any    `json:"value"`
}

func jsonPatchCases() []documentCase {
	const doc = `{"a":{"b":[1,2,3],"c":"x","d":null},"e":[{"f":1}],"g/h":{"~":"t"},"":{"":0}}`
	var out []documentCase
	for _, patch := range []string{
		`[]`, `null`, `{}`, `"x"`, `5`, `["x"]`, `[null]`, `[{"op":5}]`, `[{"op":"add","path":5}]`, `[{"op":"move","path":"/a","from":[]}]`,
		`[{}]`, `[{"path":"/a"}]`, `[{"op":"what","path":"/a"}]`, `[{"op":"Add","path":"/a"}]`,
		`[{"op":"add","path":"/n","value":1}]`, `[{"op":"add","path":"/a/c","value":{"x":1}}]`, `[{"op":"add","path":"/a/b/0","value":0}]`, `[{"op":"add","path":"/a/b/-","value":4}]`,
		`[{"op":"add","path":"/a/b/3","value":4}]`, `[{"op":"add","path":"/a/b/4","value":4}]`, `[{"op":"add","path":"/a/b/-1","value":4}]`, `[{"op":"add","path":"/a/b/-4","value":4}]`,
		`[{"op":"add","path":"/a/b/-5","value":4}]`, `[{"op":"add","path":"/a/b/x","value":4}]`, `[{"op":"add","path":"/a/b/01","value":4}]`, `[{"op":"add","path":"/a/b/+1","value":4}]`,
		`[{"op":"add","path":"/a/b/99999999999999999999","value":4}]`, `[{"op":"add","path":"/a/b/1.5","value":4}]`,
		`[{"op":"add","path":"/z/y","value":1}]`, `[{"op":"add","path":"/a/c/y","value":1}]`, `[{"op":"add","path":"/a/d/y","value":1}]`, `[{"op":"add","path":"","value":1}]`, `[{"op":"add","path":"a","value":1}]`, `[{"op":"add","path":"a/n","value":1}]`,
		`[{"op":"add","path":"/n"}]`, `[{"op":"add","value":1}]`, `[{"op":"add","path":"/n","value":null}]`, `[{"op":"add","path":"/e/0/f","value":2}]`, `[{"op":"add","path":"/e/1/f","value":2}]`, `[{"op":"add","path":"/e/-1/g","value":2}]`,
		`[{"op":"add","path":"/g~1h/~0","value":2}]`, `[{"op":"add","path":"/g~1h/~01","value":2}]`, `[{"op":"add","path":"//","value":2}]`,
		`[{"op":"remove","path":"/a/c"}]`, `[{"op":"remove","path":"/a/d"}]`, `[{"op":"remove","path":"/a/zz"}]`, `[{"op":"remove","path":"/a/b/0"}]`, `[{"op":"remove","path":"/a/b/-1"}]`, `[{"op":"remove","path":"/a/b/3"}]`, `[{"op":"remove","path":"/a/b/-4"}]`,
		`[{"op":"remove","path":"/a/b/x"}]`, `[{"op":"remove","path":"/zz/y"}]`, `[{"op":"remove","path":""}]`, `[{"op":"remove"}]`, `[{"op":"remove","path":"/a/b/-"}]`,
		`[{"op":"replace","path":"/a/c","value":"y"}]`, `[{"op":"replace","path":"/a/zz","value":"y"}]`, `[{"op":"replace","path":"/a/b/1","value":9}]`, `[{"op":"replace","path":"/a/b/9","value":9}]`, `[{"op":"replace","path":"/a/b/-1","value":9}]`,
		`[{"op":"replace","path":"/zz/y","value":9}]`, `[{"op":"replace","path":"","value":{"n":1}}]`, `[{"op":"replace","path":"","value":[1]}]`, `[{"op":"replace","value":9}]`, `[{"op":"replace","path":"/a/b"}]`,
		`[{"op":"move","from":"/a/c","path":"/n"}]`, `[{"op":"move","from":"/a","path":"/e/0"}]`, `[{"op":"move","from":"/a/b/0","path":"/a/b/-"}]`, `[{"op":"move","from":"/zz","path":"/n"}]`, `[{"op":"move","from":"/zz/y","path":"/n"}]`,
		`[{"op":"move","from":"/a/c","path":"/zz/y"}]`, `[{"op":"move","path":"/n"}]`, `[{"op":"move","from":"/a/c"}]`, `[{"op":"move","from":"/a/b/7","path":"/n"}]`, `[{"op":"move","from":"/a","path":"/a/b"}]`, `[{"op":"move","from":"/a/c","path":"/e/9"}]`,
		`[{"op":"copy","from":"/a/b","path":"/n"},{"op":"add","path":"/n/0","value":0}]`, `[{"op":"copy","from":"/a/b","path":"/a/b/0"}]`, `[{"op":"copy","from":"/zz","path":"/n"}]`, `[{"op":"copy","from":"/zz/y","path":"/n"}]`, `[{"op":"copy","from":"/a/b/7","path":"/n"}]`,
		`[{"op":"copy","path":"/n"}]`, `[{"op":"copy","from":"/a/c"}]`, `[{"op":"copy","from":"/a/c","path":"/zz/y"}]`, `[{"op":"copy","from":"/a/c","path":"/e/9"}]`,
		`[{"op":"test","path":"/a/c","value":"x"}]`, `[{"op":"test","path":"/a/c","value":"y"}]`, `[{"op":"test","path":"/a/b","value":[1,2,3]}]`, `[{"op":"test","path":"/a/b","value":[1,2]}]`, `[{"op":"test","path":"/a","value":{"d":null,"c":"x","b":[1,2,3]}}]`,
		`[{"op":"test","path":"/a/d","value":null}]`, `[{"op":"test","path":"/a/d"}]`, `[{"op":"test","path":"/a/zz","value":null}]`, `[{"op":"test","path":"/a/zz","value":1}]`, `[{"op":"test","path":"/zz/y","value":1}]`, `[{"op":"test","path":"/a/b/7","value":1}]`, `[{"op":"test","path":"/a/c"}]`,
		`[{"op":"test","path":"","value":{}}]`, `[{"op":"test"}]`, `[{"op":"test","path":"/a/b/0","value":1},{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":{}},{"op":"add","path":"/a/b","value":true}]`,
		`[{"op":"add","path":"/n","value":{"x":[]}},{"op":"add","path":"/n/x/-","value":1},{"op":"copy","from":"/n","path":"/m"},{"op":"replace","path":"/n/x/0","value":2},{"op":"move","from":"/m/x","path":"/l"}]`,
		`[{"op":"remove","path":"/e/0"},{"op":"remove","path":"/e/0"}]`, `[{"op":"add","path":"/__proto__","value":{"x":1}},{"op":"add","path":"/__proto__/y","value":2}]`,
	} {
		c := documentCase{Document: json.RawMessage(doc), Patch: json.RawMessage(patch)}
		c.Result, c.Code, c.Error = applyJSONPatch(doc, patch)
		out = append(out, c)
	}
	return out
}

func applyJSONPatch(doc, patch string) (result []byte, code int, message string) {
	defer func() {
		if r := recover(); r != nil {
			result, code, message = nil, http.StatusInternalServerError, fmt.Sprint("panic: ", r)
		}
	}()
	var ops []jsonPatchOp
	if _, err := kjson.UnmarshalStrict([]byte(patch), &ops); err != nil {
		return nil, http.StatusBadRequest, strings.ReplaceAll(fmt.Sprintf("error decoding patch: %v", err), "main.", "handlers.")
	}
	decoded, err := jsonpatch.DecodePatch([]byte(patch))
	if err != nil {
		return nil, http.StatusBadRequest, err.Error()
	}
	result, err = decoded.Apply([]byte(doc))
	if err != nil {
		return nil, http.StatusUnprocessableEntity, err.Error()
	}
	return result, 0, ""
}

func mergePatchCases() []documentCase {
	var out []documentCase
	for _, in := range [][2]string{
		{`{"a":1}`, `{}`}, {`{"a":1}`, `{"a":null}`}, {`{"a":1}`, `{"b":null}`}, {`{"a":{"b":1,"c":2}}`, `{"a":{"b":null,"d":3}}`}, {`{"a":{"b":1}}`, `{"a":[1]}`}, {`{"a":[1,2]}`, `{"a":[3,null,{"x":null,"y":1}]}`},
		{`{"a":[1]}`, `{"a":{"b":null,"c":{"d":null,"e":1}}}`}, {`{"a":"x"}`, `{"a":{"b":null,"c":[{"d":null}]}}`}, {`{}`, `{"a":{"b":{"c":null}}}`}, {`{"a":null}`, `{"a":{"b":null}}`}, {`{"a":null}`, `{"b":1}`}, {`{}`, `{"a":[null,{"b":null}]}`},
		{`{"a":{"b":{"c":{"d":1}}}}`, `{"a":{"b":{"c":{"d":2}}}}`}, {`{"a":1}`, `null`}, {`{"a":1}`, `[]`}, {`{"a":1}`, `"x"`}, {`{"a":1}`, `5`}, {`{"a":1}`, `true`}, {`{"a":{"x":1}}`, `{"a":"s"}`}, {`{"__proto__":{"a":1}}`, `{"__proto__":{"b":2,"a":null}}`},
		{`{"spec":{"containers":[{"name":"a"}],"replicas":1}}`, `{"spec":{"containers":[{"name":"b"}],"replicas":null}}`},
	} {
		c := documentCase{Document: json.RawMessage(in[0]), Patch: json.RawMessage(in[1])}
		v := map[string]any{}
		if _, err := kjson.UnmarshalStrict([]byte(in[1]), &v); err != nil {
			c.Code, c.Error = http.StatusBadRequest, fmt.Sprintf("error decoding patch: %v", err)
		} else if result, err := jsonpatch.MergePatch([]byte(in[0]), []byte(in[1])); err == jsonpatch.ErrBadJSONPatch {
			c.Code, c.Error = http.StatusBadRequest, err.Error()
		} else if err != nil {
			panic(err)
		} else {
			c.Result = result
		}
		out = append(out, c)
	}
	return out
}
