package main

import (
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"
)

type decodeCase struct {
	Struct string          `json:"struct"`
	Input  string          `json:"input"`
	Output json.RawMessage `json:"output,omitempty"`
	Error  string          `json:"error,omitempty"`
	Strict []string        `json:"strict,omitempty"`
}

var targets = map[string]func() any{
	"core/v1.Pod":                               func() any { return &corev1.Pod{} },
	"core/v1.Service":                           func() any { return &corev1.Service{} },
	"core/v1.ConfigMap":                         func() any { return &corev1.ConfigMap{} },
	"core/v1.Secret":                            func() any { return &corev1.Secret{} },
	"core/v1.Node":                              func() any { return &corev1.Node{} },
	"core/v1.Event":                             func() any { return &corev1.Event{} },
	"core/v1.PodList":                           func() any { return &corev1.PodList{} },
	"apps/v1.Deployment":                        func() any { return &appsv1.Deployment{} },
	"autoscaling/v2.HorizontalPodAutoscaler":    func() any { return &autoscalingv2.HorizontalPodAutoscaler{} },
	"coordination/v1.Lease":                     func() any { return &coordinationv1.Lease{} },
	"discovery/v1.EndpointSlice":                func() any { return &discoveryv1.EndpointSlice{} },
	"policy/v1.PodDisruptionBudget":             func() any { return &policyv1.PodDisruptionBudget{} },
	"apiextensions/v1.CustomResourceDefinition": func() any { return &apiextensionsv1.CustomResourceDefinition{} },
	"meta/v1.DeleteOptions":                     func() any { return &metav1.DeleteOptions{} },
	"meta/v1.Table":                             func() any { return &metav1.Table{} },
}

func decodeCases() []decodeCase {
	inputs := [][2]string{
		// What is dropped, what is always written.
		{"core/v1.Pod", `{}`},
		{"core/v1.Pod", `{"spec":null,"metadata":null,"status":null}`},
		{"core/v1.Pod", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{},"annotations":null,"generation":0,"uid":"","creationTimestamp":null},"spec":{"containers":[{"name":"c","image":"","command":[],"args":["x",null],"resources":{},"stdin":false,"tty":true}],"hostNetwork":false,"restartPolicy":"","terminationGracePeriodSeconds":0,"priority":null,"securityContext":{},"affinity":null,"nodeSelector":{}}}`},
		{"core/v1.Pod", `{"spec":{"containers":[null,{}],"volumes":[{"name":"v","emptyDir":{}},{"name":"w","emptyDir":null},{"name":"x","emptyDir":{"medium":"","sizeLimit":"1Gi"}},{"name":"h","hostPath":{"path":"/x","type":""}}]}}`},
		{"core/v1.Pod", `{"spec":{"automountServiceAccountToken":false,"activeDeadlineSeconds":0,"setHostnameAsFQDN":null,"runtimeClassName":"","tolerations":[{"key":"","operator":"Exists","tolerationSeconds":0}],"containers":[]}}`},
		{"core/v1.Pod", `{"status":{"conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-01-02T03:04:05Z"}],"startTime":null,"podIPs":[{"ip":"10.0.0.1"}],"hostIP":"","phase":""}}`},
		{"core/v1.Pod", `{"status":{"containerStatuses":[{"name":"c","ready":false,"restartCount":0,"image":"","imageID":"","state":{"running":{"startedAt":null}},"started":false}]}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","livenessProbe":{"httpGet":{"port":0,"path":""},"periodSeconds":0},"readinessProbe":{"tcpSocket":{"port":"http"}},"startupProbe":{"exec":{}},"lifecycle":{"preStop":{"sleep":{"seconds":0}}},"env":[{"name":"E","value":""},{"name":"F","valueFrom":{"configMapKeyRef":{"name":"","key":"k","optional":false}}}]}]}}`},
		// Order of keys and of maps.
		{"core/v1.Pod", `{"spec":{"restartPolicy":"Always","containers":[{"image":"i","name":"c"}],"volumes":[{"configMap":{"items":[{"path":"p","key":"k"}],"name":"m"},"name":"v"}]},"metadata":{"namespace":"n","labels":{"b":"2","a":"1","c":null},"name":"a"},"kind":"Pod","apiVersion":"v1"}`},
		{"core/v1.ConfigMap", `{"data":{"b":"2","a":"1","__proto__":"p","constructor":"c"},"binaryData":{"x":"AAEC","y":"","z":null},"immutable":false}`},
		{"core/v1.Secret", `{"data":{"a":"aGVsbG8=","b":""},"stringData":{"z":"","k":null},"type":"Opaque"}`},
		{"core/v1.Secret", `{"data":{"a":"aGVs\nbG8="}}`},
		{"core/v1.Secret", `{"data":{"a":"aGVsbG9="}}`},
		// Quantities, numbers or strings.
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":1,"memory":"1Gi","nvidia.com/gpu":"1"},"requests":{"cpu":"100m"}}}]}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":null}}}],"overhead":{}}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"abc"}}}]}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":true}}}]}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":{}}}}]}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":""}}}]}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"1000m","memory":"1024Mi"}}}]}}`},
		// int or string.
		{"core/v1.Service", `{"spec":{"ports":[{"port":80,"targetPort":8080},{"port":81,"targetPort":"http"},{"port":82,"targetPort":0},{"port":83,"targetPort":null},{"port":84},{"port":85,"targetPort":""}],"selector":{}}}`},
		{"core/v1.Service", `{"spec":{"ports":[{"port":80,"targetPort":true}]}}`},
		{"core/v1.Service", `{"spec":{"ports":[{"port":80,"targetPort":{}}]}}`},
		{"core/v1.Service", `{"spec":{"ports":[{"port":80,"targetPort":1.5}]}}`},
		{"core/v1.Service", `{"spec":{"ports":[{"port":80,"targetPort":3000000000}]}}`},
		{"apps/v1.Deployment", `{"spec":{"strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":0}},"replicas":0,"paused":false,"selector":null,"template":{}}}`},
		{"policy/v1.PodDisruptionBudget", `{"spec":{"minAvailable":0,"maxUnavailable":null,"selector":{}},"status":{"disruptedPods":{"a":"2026-01-02T03:04:05+02:00"}}}`},
		// Times.
		{"core/v1.Event", `{"metadata":{},"involvedObject":{},"firstTimestamp":"2026-01-02T03:04:05.999Z","lastTimestamp":"2026-01-02T03:04:05-07:30","eventTime":"2026-01-02T03:04:05.123456Z","count":0,"series":{"count":1,"lastObservedTime":"2026-01-02T03:04:05.000000+01:00"}}`},
		{"core/v1.Event", `{"eventTime":null,"series":{}}`},
		{"core/v1.Event", `{"eventTime":"2026-01-02T03:04:05Z"}`},
		{"core/v1.Event", `{"eventTime":"2026-01-02T03:04:05.1234567Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-02-30T03:04:05Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02T25:04:05Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-13-02T03:04:05Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02T03:04:05"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02 03:04:05Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"yesterday"}`},
		{"core/v1.Event", `{"firstTimestamp":""}`},
		{"core/v1.Event", `{"firstTimestamp":7}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02T3:04:05Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2024-02-29T03:04:05Z","lastTimestamp":"1969-12-31T23:59:59Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2025-12-31T23:59:59-00:01"}`},
		{"core/v1.Event", `{"firstTimestamp":"0001-01-01T00:00:00Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02T03:04:05Zjunk"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02T03:04:60Z"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02T03:04:05+25:00"}`},
		{"core/v1.Event", `{"firstTimestamp":"2026-01-02T03:04:05,5Z"}`},
		{"coordination/v1.Lease", `{"spec":{"acquireTime":"2026-01-02T03:04:05.000001Z","renewTime":null,"leaseDurationSeconds":0,"holderIdentity":""}}`},
		{"core/v1.Pod", `{"metadata":{"creationTimestamp":"2026-01-02T03:04:05Z","deletionTimestamp":"2026-01-02T03:04:05.5Z"}}`},
		// Strictness.
		{"apps/v1.Deployment", `{"spec":{"foo":1,"replicas":1,"template":{"spec":{"containers":[{"name":"a","bar":{"x":1}},{"Image":"x"}]}}},"oops":null}`},
		{"apps/v1.Deployment", `{"spec":{"replicas":1,"replicas":2,"template":{"metadata":{"labels":{"a":"1","a":"2"},"generation":1,"generation":2}}},"foo":1,"foo":2}`},
		{"apps/v1.Deployment", `{"foo":{"a":1,"a":2},"spec":{"template":{"spec":{"containers":[{"name":"a","name":"b","env":[{"name":"x","x":1,"x":2}]}]}}}}`},
		{"core/v1.ConfigMap", `{"data":{"a":"1","a":"2","b.c/d":"x"},"Data":{},"metadata":{"managedFields":[{"fieldsV1":{"f:data":{"f:a":{},"f:a":{}}},"manager":"m","time":"2026-01-02T03:04:05Z"}]}}`},
		// Types.
		{"apps/v1.Deployment", `{"spec":{"replicas":"1"}}`},
		{"apps/v1.Deployment", `{"spec":{"replicas":1.5}}`},
		{"apps/v1.Deployment", `{"spec":{"replicas":3000000000}}`},
		{"apps/v1.Deployment", `{"spec":{"replicas":true}}`},
		{"apps/v1.Deployment", `{"spec":{"replicas":{}}}`},
		{"apps/v1.Deployment", `{"spec":{"replicas":[]}}`},
		{"apps/v1.Deployment", `{"spec":{"paused":"no"}}`},
		{"apps/v1.Deployment", `{"spec":{"paused":0}}`},
		{"apps/v1.Deployment", `{"spec":[]}`},
		{"apps/v1.Deployment", `{"spec":"x"}`},
		{"apps/v1.Deployment", `{"spec":{"template":{"spec":{"containers":[{"name":5}]}}}}`},
		{"apps/v1.Deployment", `{"spec":{"template":{"spec":{"containers":{"name":5}}}}}`},
		{"apps/v1.Deployment", `{"spec":{"template":{"spec":{"containers":["a"]}}}}`},
		{"apps/v1.Deployment", `{"spec":{"template":{"spec":{"restartPolicy":5}}}}`},
		{"apps/v1.Deployment", `{"spec":{"template":{"spec":{"volumes":[{"name":"a","emptyDir":"x"}]}}}}`},
		{"apps/v1.Deployment", `{"spec":{"template":{"spec":{"volumes":[{"name":"a","emptyDir":{"medium":1}}]}}}}`},
		{"apps/v1.Deployment", `{"spec":{"template":{"spec":{"containers":[{"livenessProbe":{"httpGet":{"path":1}}}]}}}}`},
		{"apps/v1.Deployment", `{"metadata":{"labels":{"a":1}}}`},
		{"apps/v1.Deployment", `{"metadata":{"labels":["a"]}}`},
		{"apps/v1.Deployment", `{"metadata":{"name":1}}`},
		{"apps/v1.Deployment", `{"metadata":{"finalizers":[1]}}`},
		{"apps/v1.Deployment", `{"kind":1}`},
		{"apps/v1.Deployment", `[]`},
		{"apps/v1.Deployment", `"x"`},
		{"apps/v1.Deployment", `null`},
		{"core/v1.Secret", `{"data":{"a":"not base64!"}}`},
		{"core/v1.Secret", `{"data":{"a":"abc"}}`},
		{"core/v1.Secret", `{"data":{"a":5}}`},
		{"core/v1.Secret", `{"data":{"a":"a===",  "b": ""}}`},
		{"core/v1.Node", `{"status":{"capacity":[]}}`},
		{"core/v1.Node", `{"status":{"images":[{"names":null,"sizeBytes":0}]}}`},
		{"core/v1.Pod", `{"spec":{"containers":[{"securityContext":{"capabilities":{"add":[1]}}}]}}`},
		{"core/v1.Pod", `{"spec":{"topologySpreadConstraints":[{"maxSkew":"x"}]}}`},
		// Required lists.
		{"discovery/v1.EndpointSlice", `{"addressType":"IPv4"}`},
		{"discovery/v1.EndpointSlice", `{"addressType":"IPv4","endpoints":[{"addresses":[],"conditions":{}}],"ports":[]}`},
		{"autoscaling/v2.HorizontalPodAutoscaler", `{"spec":{"metrics":[{"type":"External","external":{"metric":{"name":"m"},"target":{"type":"Value","value":"0"}}}]},"status":{"currentReplicas":0}}`},
		{"core/v1.PodList", `{"items":[{"metadata":{"name":"a"}},{}],"metadata":{"resourceVersion":"5","remainingItemCount":0}}`},
		// Raw JSON.
		{"meta/v1.Table", `{"rows":[{"cells":["a",1,null,1.5,{"b":[]}],"object":{"z":1,"a":null}},{"cells":[],"object":null}]}`},
		{"meta/v1.DeleteOptions", `{"gracePeriodSeconds":0,"preconditions":{"uid":"","resourceVersion":"5"},"propagationPolicy":"Foreground","dryRun":[],"orphanDependents":false}`},
		// Schemas inside CustomResourceDefinitions: unknown fields below items and additionalProperties go silently.
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-preserve-unknown-fields":false,"default":{"b":null,"a":1},"properties":{"list":{"items":{"type":"string","bogus":1},"type":"array","maxItems":0,"minimum":0,"exclusiveMinimum":false},"map":{"additionalProperties":true},"map2":{"additionalProperties":{"type":"string","zzz":1}},"n":{"additionalProperties":false,"nullable":false,"enum":["a",null,1]},"d":{"default":null,"example":0},"bad":{"whatever":1}}}}}},"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":""}},"additionalPrinterColumns":[{"name":"A","type":"string","jsonPath":".a","priority":0}]}],"scope":"Namespaced","group":"g","names":{"plural":"as","kind":"A"}}}`},
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"items":[{"type":"string"}],"dependencies":{"a":["b"],"c":{"type":"x"},"d":[]},"$ref":"","$schema":"s","x-kubernetes-validations":[{"rule":"r","optionalOldSelf":false}],"multipleOf":1.5,"maximum":1e21,"not":null,"allOf":[{}]}}}]}}`},
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"additionalProperties":"x"}}}]}}`},
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"properties":{"a":{"type":1}}}}}]}}`},
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"versions":[{"schema":{"openAPIV3Schema":{"items":{"type":1}}}}]}}`},
		{"apiextensions/v1.CustomResourceDefinition", `{"spec":{"conversion":{"strategy":"Webhook","webhook":{"clientConfig":{"caBundle":""},"conversionReviewVersions":null}}},"status":{"conditions":null,"storedVersions":null}}`},
		// Syntax.
		{"core/v1.ConfigMap", ``},
		{"core/v1.ConfigMap", `{`},
		{"core/v1.ConfigMap", `{"data"`},
		{"core/v1.ConfigMap", `{"data":`},
		{"core/v1.ConfigMap", `{"data":{}`},
		{"core/v1.ConfigMap", `{"data":{}}x`},
		{"core/v1.ConfigMap", `{"data":{},}`},
		{"core/v1.ConfigMap", `{"data" {}}`},
		{"core/v1.ConfigMap", `{data:{}}`},
		{"core/v1.ConfigMap", `{"data":tru}`},
		{"core/v1.ConfigMap", `{"data":nul`},
		{"core/v1.ConfigMap", `{"data":{"a":"b" "c":1}}`},
		{"core/v1.ConfigMap", `{"data":[1 2]}`},
		{"core/v1.ConfigMap", `{"data":[1,]}`},
		{"core/v1.ConfigMap", `{"data":"a` + "\n" + `b"}`},
		{"core/v1.ConfigMap", `{"data":"\x"}`},
		{"core/v1.ConfigMap", `{"data":"\u12g4"}`},
		{"core/v1.ConfigMap", `{"data":"abc`},
		{"core/v1.ConfigMap", `{"data":01}`},
		{"core/v1.ConfigMap", `{"data":-}`},
		{"core/v1.ConfigMap", `{"data":1.}`},
		{"core/v1.ConfigMap", `{"data":1e}`},
		{"core/v1.ConfigMap", `{"data":1e+}`},
		{"core/v1.ConfigMap", `apiVersion: v1`},
		{"core/v1.ConfigMap", `{"a":'b'}`},
		{"core/v1.ConfigMap", "{\"a\":\"\x01\"}"},
		{"core/v1.ConfigMap", "{\"é\":é}"},
		{"core/v1.ConfigMap", `{"a":"\`},
		{"core/v1.ConfigMap", `{"a":"\u12`},
		{"core/v1.ConfigMap", `-`},
		{"core/v1.ConfigMap", `[1.`},
		{"core/v1.ConfigMap", `{"a":{`},
		{"core/v1.ConfigMap", `{"a":1,`},
	}
	var out []decodeCase
	for _, in := range inputs {
		c := decodeCase{Struct: in[0], Input: in[1]}
		into := targets[in[0]]()
		strict, err := kjson.UnmarshalStrict([]byte(in[1]), into)
		if err != nil {
			c.Error = err.Error()
		} else {
			for _, e := range strict {
				c.Strict = append(c.Strict, e.Error())
			}
			output, err := json.Marshal(into)
			if err != nil {
				panic(err)
			}
			c.Output = output
		}
		out = append(out, c)
	}
	return out
}
