package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type protobufCase struct {
	Name string          `json:"name"`
	Body string          `json:"body"` // base64
	JSON json.RawMessage `json:"json"`
}

func protobufCases() []protobufCase {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme, policyv1.AddToScheme,
		discoveryv1.AddToScheme, coordinationv1.AddToScheme, eventsv1.AddToScheme, apiextensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	encoder := protobuf.NewSerializer(scheme, scheme)
	var out []protobufCase
	add := func(name string, object runtime.Object) {
		if object.GetObjectKind().GroupVersionKind().Empty() {
			kinds, _, err := scheme.ObjectKinds(object)
			if err != nil {
				panic(err)
			}
			object.GetObjectKind().SetGroupVersionKind(kinds[0])
		}
		var body bytes.Buffer
		if err := encoder.Encode(object, &body); err != nil {
			panic(err)
		}
		text, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		out = append(out, protobufCase{name, base64.StdEncoding.EncodeToString(body.Bytes()), text})
	}
	whole := func(object runtime.Object) {
		add(fmt.Sprintf("empty %T", object), object.DeepCopyObject())
		fill(object)
		object.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
		if d, ok := object.(*appsv1.Deployment); ok {
			d.Spec.Template.Spec = corev1.PodSpec{} // the pod's own case covers it
		}
		if d, ok := object.(*appsv1.ReplicaSet); ok {
			d.Spec.Template.Spec = corev1.PodSpec{}
		}
		add(fmt.Sprintf("full %T", object), object)
	}
	for _, object := range []runtime.Object{
		&corev1.Namespace{}, &corev1.Pod{}, &corev1.Node{}, &corev1.Service{}, &corev1.Endpoints{}, &corev1.ConfigMap{}, &corev1.Secret{},
		&corev1.ServiceAccount{}, &corev1.Event{}, &corev1.Binding{}, &corev1.ConfigMapList{}, &eventsv1.Event{}, &discoveryv1.EndpointSlice{},
		&coordinationv1.Lease{}, &appsv1.Deployment{}, &appsv1.ReplicaSet{}, &autoscalingv1.Scale{}, &autoscalingv2.HorizontalPodAutoscaler{},
		&policyv1.PodDisruptionBudget{}, &policyv1.Eviction{}, &apiextensionsv1.CustomResourceDefinition{},
	} {
		whole(object)
	}
	for _, object := range []runtime.Object{&metav1.DeleteOptions{}, &metav1.ListOptions{}, &metav1.CreateOptions{}, &metav1.UpdateOptions{}, &metav1.PatchOptions{}} {
		fill(object)
		object.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
		kind := strings.TrimPrefix(fmt.Sprintf("%T", object), "*v1.")
		object.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: kind})
		add("full "+kind, object)
	}
	status := &metav1.Status{}
	fill(status)
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	add("full Status", status)

	zero32, zero64, empty, no := int32(0), int64(0), "", false
	negative := int64(-5)
	add("pointers to zero are kept", &corev1.Pod{Spec: corev1.PodSpec{
		TerminationGracePeriodSeconds: &zero64, ActiveDeadlineSeconds: &zero64, RuntimeClassName: &empty, AutomountServiceAccountToken: &no, Priority: &zero32,
		SecurityContext: &corev1.PodSecurityContext{RunAsUser: &zero64, SupplementalGroups: []int64{0, 1, -1, 1 << 40}},
		Tolerations:     []corev1.Toleration{{TolerationSeconds: &negative}},
		Containers:      []corev1.Container{{Env: []corev1.EnvVar{{Name: "E"}}, Command: []string{"", "a"}}},
	}})
	add("numbers at their ends", &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Generation: math.MaxInt32 + 1, DeletionGracePeriodSeconds: &negative},
		Spec:       corev1.PodSpec{Priority: ptr(int32(math.MinInt32)), ActiveDeadlineSeconds: ptr(int64(1<<53 - 1)), TerminationGracePeriodSeconds: ptr(int64(-(1<<53 - 1)))},
	})
	add("deployment without replicas", &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &zero32, Strategy: appsv1.DeploymentStrategy{
		RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: ptr(intstr.FromString("")), MaxUnavailable: ptr(intstr.FromInt32(0))}}}})
	add("text of every width", &corev1.ConfigMap{
		Data:       map[string]string{"ascii": "a\n\t\"\\", "two": "é", "three": "漢字", "four": "🙂", "long": strings.Repeat("ø", 100), "empty": "", "bom": "\ufeffx"},
		BinaryData: map[string][]byte{"none": {}, "one": {1}, "two": {1, 2}, "three": {255, 254, 253}, "four": {0, 0, 0, 0}},
	})
	add("quantities", &corev1.Node{Status: corev1.NodeStatus{Capacity: corev1.ResourceList{
		"cpu": resource.MustParse("100m"), "memory": resource.MustParse("16Gi"), "pods": resource.MustParse("110"), "zero": resource.MustParse("0"),
		"half": resource.MustParse("0.5"), "exponent": resource.MustParse("1e3"), "negative": resource.MustParse("-3"),
	}}})
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	early := time.Date(1969, 12, 31, 23, 59, 59, 500000000, time.UTC)
	add("times", &corev1.Event{FirstTimestamp: metav1.Time{Time: at}, LastTimestamp: metav1.Time{Time: early}, EventTime: metav1.MicroTime{Time: at},
		Series: &corev1.EventSeries{LastObservedTime: metav1.MicroTime{Time: early}}})
	add("the epoch is not nothing", &corev1.Event{FirstTimestamp: metav1.Time{Time: time.Unix(0, 0)}, EventTime: metav1.MicroTime{Time: time.Unix(0, 0)}})
	add("service ports", &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
		{Port: 80, TargetPort: intstr.FromInt32(8080)}, {Port: 81, TargetPort: intstr.FromString("http")}, {Port: 82}, {Port: 83, TargetPort: intstr.FromInt32(-1)}}}})
	add("owner and finalizers", &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Finalizers: []string{"x/y"}, OwnerReferences: []metav1.OwnerReference{{Kind: "K", Controller: &no}},
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m", FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:data":{".":{},"f:a":{}}}`)}}}}})
	add("schemas", &apiextensionsv1.CustomResourceDefinition{Spec: apiextensionsv1.CustomResourceDefinitionSpec{Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
		Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
			Properties: map[string]apiextensionsv1.JSONSchemaProps{
				"list":    {Items: &apiextensionsv1.JSONSchemaPropsOrArray{Schema: &apiextensionsv1.JSONSchemaProps{Type: "string"}}, MaxItems: &zero64},
				"map":     {AdditionalProperties: &apiextensionsv1.JSONSchemaPropsOrBool{Allows: true, Schema: &apiextensionsv1.JSONSchemaProps{}}},
				"any":     {AdditionalProperties: &apiextensionsv1.JSONSchemaPropsOrBool{Allows: true}, XPreserveUnknownFields: ptr(true)},
				"none":    {AdditionalProperties: &apiextensionsv1.JSONSchemaPropsOrBool{}, Minimum: ptr(0.0), Maximum: ptr(-1e300)},
				"default": {Default: &apiextensionsv1.JSON{Raw: []byte(`{"a":[1,null,"x"]}`)}, Enum: []apiextensionsv1.JSON{{Raw: []byte(`"a"`)}, {Raw: []byte(`null`)}, {Raw: []byte(`1.5`)}}},
				"empty":   {},
			}}}}}}})
	add("autoscaler", &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: &zero32, Metrics: []autoscalingv2.MetricSpec{
		{Type: "Pods", Pods: &autoscalingv2.PodsMetricSource{Target: autoscalingv2.MetricTarget{Type: "AverageValue", AverageValue: resource.NewMilliQuantity(1500, resource.DecimalSI)}}}},
		Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &zero32}}}})
	add("disrupted pods", &policyv1.PodDisruptionBudget{Status: policyv1.PodDisruptionBudgetStatus{DisruptedPods: map[string]metav1.Time{"a": {Time: at}}}})
	return out
}

func ptr[T any](value T) *T { return &value }
