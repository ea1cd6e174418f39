package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"

	"k8s.io/apimachinery/pkg/util/strategicpatch"
	kjson "sigs.k8s.io/json"
)

type patchCase struct {
	Struct   string          `json:"struct"`
	Original json.RawMessage `json:"original"`
	Patch    json.RawMessage `json:"patch"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func strategicCases() []patchCase {
	const pod, deployment, service, node = "core/v1.Pod", "apps/v1.Deployment", "core/v1.Service", "core/v1.Node"
	inputs := [][3]string{
		// Objects.
		{pod, `{"metadata":{"name":"a","labels":{"x":"1","y":"2"}}}`, `{}`},
		{pod, `{"metadata":{"name":"a","labels":{"x":"1","y":"2"}}}`, `{"metadata":{"labels":{"x":null,"z":"3","w":null}}}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"metadata":{"labels":{"x":null,"z":"3"}}}`},
		{pod, `{"metadata":{"name":"a","labels":{"x":"1"}}}`, `{"metadata":{"labels":null}}`},
		{pod, `{"metadata":{"name":"a","labels":{"x":"1"}}}`, `{"metadata":{"labels":{"$patch":"replace","y":"2"}}}`},
		{pod, `{"metadata":{"name":"a","labels":{"x":"1"}}}`, `{"metadata":{"labels":{"$patch":"delete"}}}`},
		{pod, `{"metadata":{"name":"a","labels":{"x":"1"}}}`, `{"metadata":{"labels":{"$patch":"merge","y":"2"}}}`},
		{pod, `{"metadata":{"name":"a","labels":{"x":"1"}}}`, `{"metadata":{"labels":{"$patch":5,"y":"2"}}}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"metadata":{"labels":{"$patch":"replace","y":"2"}}}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"$patch":"replace","metadata":{"name":"b","labels":{"n":null}}}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"$patch":"delete"}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"metadata":{"name":5},"spec":{"nodeName":"n"}}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"metadata":"x"}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"nonsense":{"a":1}}`},
		{pod, `{"nonsense":{"a":1}}`, `{"nonsense":{"b":1}}`},
		{pod, `{"nonsense":[1]}`, `{"nonsense":[2]}`},
		// Lists by key.
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`, `{"spec":{"containers":[{"name":"b","image":"3"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`, `{"spec":{"containers":[{"name":"c","image":"3"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`, `{"spec":{"containers":[{"name":"c"},{"name":"a","image":"9"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`, `{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`, `{"spec":{"containers":[{"name":"zz","$patch":"delete"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`, `{"spec":{"containers":[{"$patch":"replace"},{"name":"c"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}`, `{"spec":{"containers":[{"$patch":"replace"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":[{"$patch":"merge","name":"a"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":[{"$patch":"what","name":"a","x":[1,null,1.5,true,{"b":1,"a":2}]}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":[{"image":"a"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":[{"$patch":"delete"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":["a"]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":[]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":null}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":[{"name":"a","image":null,"args":["x"],"env":[{"name":"e","value":"v"}]}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","image":"1"}]}}`, `{"spec":{"containers":[{"name":"b","image":null,"env":[{"name":"e","$patch":"delete"}]}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","env":[{"name":"x","value":"1"},{"name":"y","value":"2"}]}]}}`, `{"spec":{"containers":[{"name":"a","env":[{"name":"x","$patch":"delete"},{"name":"z","value":"3"}]}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","env":[{"name":"x","value":"1"}]}]}}`, `{"spec":{"containers":[{"name":"a","env":[{"name":"x","value":null,"valueFrom":{"fieldRef":{"fieldPath":"p"}}}]}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":80,"protocol":"UDP"}]}]}}`, `{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x"},{"containerPort":81}]}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":80,"protocol":"UDP"}]}]}}`, `{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"$patch":"delete"}]}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}}`, `{"spec":{"containers":[{"name":"a","$patch":"delete"},{"name":"a","image":"again"}]}}`},
		// Lists without a strategy are replaced.
		{pod, `{"spec":{"tolerations":[{"key":"a"},{"key":"b"}]}}`, `{"spec":{"tolerations":[{"key":"c","value":null}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","args":["1","2"]}]}}`, `{"spec":{"containers":[{"name":"a","args":["3"]}]}}`},
		// Lists of primitives.
		{pod, `{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"finalizers":["c","a"]}}`},
		{pod, `{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"$deleteFromPrimitiveList/finalizers":["a","z"]}}`},
		{pod, `{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"]}}`},
		{pod, `{"metadata":{"name":"a"}}`, `{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}}`},
		{pod, `{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"$deleteFromPrimitiveList":["a"]}}`},
		{pod, `{"metadata":{"finalizers":["a","b","a","c"]}}`, `{"metadata":{"finalizers":["d","a","d"]}}`},
		{pod, `{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"finalizers":[1]}}`},
		{pod, `{"metadata":{"finalizers":["a","b"]}}`, `{"metadata":{"finalizers":[["a"]]}}`},
		{pod, `{"metadata":{"finalizers":["a","b","c"]}}`, `{"metadata":{"$setElementOrder/finalizers":["c","a"],"$deleteFromPrimitiveList/finalizers":["b"]}}`},
		{pod, `{"metadata":{"finalizers":["a","b","c"]}}`, `{"metadata":{"$setElementOrder/finalizers":["d","c"],"finalizers":["d"]}}`},
		{node, `{"spec":{"podCIDRs":["10.0.0.0/24"],"taints":[{"key":"a","effect":"NoSchedule"}]}}`, `{"spec":{"podCIDRs":["fd00::/64"],"taints":[{"key":"b","effect":"NoExecute"}],"unschedulable":true}}`},
		// Orders.
		{pod, `{"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"server"}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"},{"name":"s1"},{"name":"b"},{"name":"s2"}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"c"},{"name":"a"}],"containers":[{"name":"c","image":"new"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"c"}],"containers":[{"name":"c"},{"name":"a","$patch":"delete"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"b","image":"x"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]}}`},
		{pod, `{"spec":{"nodeName":"n"}}`, `{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":null},{"name":"b","$patch":"delete"}]}}`},
		{pod, `{"spec":{"nodeName":"n"}}`, `{"spec":{"$setElementOrder/containers":[{"name":"b"}]}}`},
		{pod, `{"spec":{"nodeName":"n"}}`, `{"spec":{"$setElementOrder/containers":"x"}}`},
		{pod, `{"spec":{"nodeName":"n"}}`, `{"spec":{"$setElementOrder":[]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":null}}`},
		{pod, `{"spec":{"containers":[{"name":"a"}]}}`, `{"spec":{"$setElementOrder/containers":[{"image":"a"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"}]}}`, `{"spec":{"$setElementOrder/containers":[]}}`},
		{pod, `{"spec":{"containers":[{"name":"a"}]}}`, `{"spec":{"$setElementOrder/nothing":[{"name":"a"}]}}`},
		{pod, `{"spec":{"containers":[{"name":"a","env":[{"name":"x"},{"name":"y"}]}]}}`, `{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a","$setElementOrder/env":[{"name":"y"},{"name":"x"}],"env":[{"name":"x","value":"1"}]}]}}`},
		{service, `{"spec":{"ports":[{"port":80,"targetPort":8080},{"port":81,"targetPort":8081}]}}`, `{"spec":{"$setElementOrder/ports":[{"port":81},{"port":82}],"ports":[{"port":82,"targetPort":1},{"port":80,"$patch":"delete"}]}}`},
		// retainKeys.
		{deployment, `{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}`, `{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}`},
		{deployment, `{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}`, `{"spec":{"strategy":{"$retainKeys":["type","rollingUpdate"],"rollingUpdate":{"maxUnavailable":"10%"}}}}`},
		{deployment, `{"spec":{"strategy":{"type":"RollingUpdate"}}}`, `{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate","rollingUpdate":{}}}}`},
		{deployment, `{"spec":{"strategy":{"type":"RollingUpdate"}}}`, `{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate","rollingUpdate":null}}}`},
		{deployment, `{"spec":{"strategy":{"type":"RollingUpdate"}}}`, `{"spec":{"strategy":{"$retainKeys":"type","type":"Recreate"}}}`},
		{deployment, `{"spec":{}}`, `{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}`},
		{pod, `{"spec":{"volumes":[{"name":"v","emptyDir":{}},{"name":"w","hostPath":{"path":"/"}}]}}`, `{"spec":{"volumes":[{"name":"v","$retainKeys":["name","configMap"],"configMap":{"name":"c"}}]}}`},
		{pod, `{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}`, `{"spec":{"$setElementOrder/volumes":[{"name":"v"}],"volumes":[{"name":"v","$retainKeys":["name","secret"],"secret":{"secretName":"s"},"emptyDir":null}]}}`},
		// Strategies of objects, maps of objects.
		{"policy/v1.PodDisruptionBudget", `{"spec":{"selector":{"matchLabels":{"a":"1"}},"minAvailable":1}}`, `{"spec":{"selector":{"matchLabels":{"b":"2"}}}}`},
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"properties":{"a":{"type":"string"}}}}}]}}`, `{"spec":{"versions":[{"name":"v2"}]}}`},
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"conversion":{"strategy":"None"}},"status":{"conditions":[{"type":"A","status":"True"}]}}`, `{"spec":{"conversion":{"webhook":{"clientConfig":{"url":"u"}}}},"status":{"conditions":[{"type":"B","status":"False"}]}}`},
		{node, `{"status":{"capacity":{"cpu":"1"},"conditions":[{"type":"Ready","status":"True"},{"type":"X","status":"True"}],"addresses":[{"type":"InternalIP","address":"1"}]}}`, `{"status":{"capacity":{"memory":"1Gi","cpu":null},"conditions":[{"type":"Ready","status":"False"}],"$setElementOrder/conditions":[{"type":"Ready"},{"type":"X"}],"addresses":[{"type":"Hostname","address":"h"}]}}`},
		{pod, `{"metadata":{"ownerReferences":[{"uid":"1","name":"a"},{"uid":"2","name":"b"}]}}`, `{"metadata":{"ownerReferences":[{"$patch":"delete","uid":"1"}]}}`},
		{pod, `{"spec":{"topologySpreadConstraints":[{"topologyKey":"z","whenUnsatisfiable":"A"},{"topologyKey":"z","whenUnsatisfiable":"B"}]}}`, `{"spec":{"topologySpreadConstraints":[{"topologyKey":"z","maxSkew":2}]}}`},
		{pod, `{"spec":{"affinity":{"podAffinity":{}}}}`, `{"spec":{"affinity":{"podAffinity":null,"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":null}]}}}}}`},
	}
	var out []patchCase
	for _, in := range inputs {
		if c, ok := strategicCase(in[0], in[1], in[2]); ok {
			out = append(out, c)
		} else {
			panic("answers vary: " + in[2])
		}
	}
	random := rand.New(rand.NewSource(20260102))
	for len(out) < len(inputs)+randomPatches {
		original, _ := json.Marshal(randomPod(random, false))
		patch, _ := json.Marshal(randomPod(random, true))
		if c, ok := strategicCase(pod, string(original), string(patch)); ok {
			out = append(out, c)
		}
	}
	return out
}

var randomPatches = 250

// strategicCase asks several times: upstream walks Go maps, so that some answers are a matter of luck.
func strategicCase(name, original, patch string) (c patchCase, ok bool) {
	c = patchCase{Struct: name, Original: json.RawMessage(original), Patch: json.RawMessage(patch)}
	for try := range 12 {
		result, message := strategic(name, original, patch)
		if try > 0 && (message != c.Error || !reflect.DeepEqual(result, []byte(c.Result))) {
			return c, false
		}
		c.Result, c.Error = result, message
	}
	return c, true
}

func strategic(name, original, patch string) (result []byte, message string) {
	defer func() {
		if r := recover(); r != nil {
			result, message = nil, fmt.Sprint("panic: ", r)
		}
	}()
	var originalMap, patchMap map[string]any
	for text, into := range map[string]*map[string]any{original: &originalMap, patch: &patchMap} {
		if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), into); err != nil {
			panic(err)
		}
	}
	if original == patch {
		panic("the same text twice")
	}
	merged, err := strategicpatch.StrategicMergeMapPatch(clip(originalMap).(map[string]any), patchMap, targets[name]())
	if err != nil {
		return nil, err.Error()
	}
	result, err = json.Marshal(merged)
	if err != nil {
		panic(err)
	}
	return result, ""
}

// The server's lists come from structs and have no room to grow into, which upstream's answers depend on.
func clip(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			value[key] = clip(member)
		}
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = clip(item)
		}
		return list
	}
	return value
}

// randomPod draws from few names, so that patches meet what is there.
func randomPod(r *rand.Rand, isPatch bool) map[string]any {
	names := []string{"a", "b", "c", "d"}
	pick := func(of ...any) any { return of[r.Intn(len(of))] }
	some := func(chance float64) bool { return r.Float64() < chance }
	maybeNull := func(value any) any {
		if isPatch && some(0.15) {
			return nil
		}
		return value
	}
	labels := func() map[string]any {
		out := map[string]any{}
		for _, name := range names {
			if some(0.4) {
				out[name] = maybeNull(pick("1", "2"))
			}
		}
		if isPatch && some(0.1) {
			out["$patch"] = pick("replace", "delete")
		}
		return out
	}
	shuffled := func() []string {
		out := append([]string{}, names...)
		r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out[:1+r.Intn(len(out))]
	}
	list := func(into map[string]any, field, mergeKey string, depth func(map[string]any)) {
		items := []any{}
		for _, name := range shuffled() {
			item := map[string]any{mergeKey: name}
			if isPatch && some(0.2) {
				item["$patch"] = "delete"
			} else {
				depth(item)
			}
			items = append(items, item)
			if isPatch && some(0.05) {
				items = append(items, map[string]any{mergeKey: name, "extra": "again"})
			}
		}
		if isPatch && some(0.05) {
			items = append(items, map[string]any{"$patch": "replace"})
		}
		if isPatch && some(0.4) {
			order := []any{}
			for _, item := range items {
				m := item.(map[string]any)
				if _, special := m["$patch"]; special {
					continue
				}
				if some(0.3) {
					order = append(order, map[string]any{mergeKey: pick("a", "b", "c", "d")})
				}
				order = append(order, map[string]any{mergeKey: m[mergeKey]})
			}
			into["$setElementOrder/"+field] = order
		}
		if !isPatch || some(0.8) {
			into[field] = items
		}
	}
	spec := map[string]any{}
	list(spec, "containers", "name", func(c map[string]any) {
		if some(0.6) {
			c["image"] = maybeNull(pick("1", "2"))
		}
		if some(0.3) {
			c["args"] = maybeNull([]any{pick("x", "y")})
		}
		if some(0.4) {
			list(c, "env", "name", func(e map[string]any) { e["value"] = maybeNull(pick("1", "2")) })
		}
	})
	if some(0.5) {
		list(spec, "volumes", "name", func(v map[string]any) {
			source := pick("emptyDir", "configMap").(string)
			v[source] = map[string]any{pick("x", "y").(string): 1}
			if isPatch && some(0.5) {
				v["$retainKeys"] = []any{"name", source}
			}
		})
	}
	metadata := map[string]any{"labels": maybeNull(labels())}
	if some(0.6) {
		finalizers := []any{}
		for _, name := range shuffled() {
			finalizers = append(finalizers, name)
		}
		if isPatch && some(0.3) {
			metadata["$deleteFromPrimitiveList/finalizers"] = []any{pick("a", "b", "c")}
		} else {
			metadata["finalizers"] = finalizers
		}
		if isPatch && some(0.3) {
			metadata["$setElementOrder/finalizers"] = append(append([]any{}, finalizers...), "e")
		}
	}
	out := map[string]any{"metadata": metadata, "spec": spec}
	if some(0.3) {
		spec["tolerations"] = []any{map[string]any{"key": pick("a", "b")}}
	}
	return out
}
