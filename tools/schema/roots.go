package main

import (
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A groupVersion is one output file: the Go package whose structs it holds, and the kinds
// that start the walk. A new kind is one line here.
type groupVersion struct {
	file    string
	pkg     string
	group   string
	version string
	roots   []any
}

var groupVersions = []groupVersion{
	{"core-v1", "k8s.io/api/core/v1", "", "v1", []any{
		corev1.Namespace{}, corev1.NamespaceList{},
		corev1.Pod{}, corev1.PodList{},
		corev1.PodTemplateSpec{},
		corev1.Node{}, corev1.NodeList{},
		corev1.Service{}, corev1.ServiceList{},
		corev1.Endpoints{}, corev1.EndpointsList{},
		corev1.ConfigMap{}, corev1.ConfigMapList{},
		corev1.Secret{}, corev1.SecretList{},
		corev1.ServiceAccount{}, corev1.ServiceAccountList{},
		corev1.Event{}, corev1.EventList{},
		corev1.Binding{}, corev1.PodLogOptions{},
	}},
	{"apps-v1", "k8s.io/api/apps/v1", "apps", "v1", []any{
		appsv1.Deployment{}, appsv1.DeploymentList{},
		appsv1.ReplicaSet{}, appsv1.ReplicaSetList{},
	}},
	{"autoscaling-v1", "k8s.io/api/autoscaling/v1", "autoscaling", "v1", []any{
		autoscalingv1.Scale{},
	}},
	{"autoscaling-v2", "k8s.io/api/autoscaling/v2", "autoscaling", "v2", []any{
		autoscalingv2.HorizontalPodAutoscaler{}, autoscalingv2.HorizontalPodAutoscalerList{},
	}},
	{"policy-v1", "k8s.io/api/policy/v1", "policy", "v1", []any{
		policyv1.PodDisruptionBudget{}, policyv1.PodDisruptionBudgetList{},
		policyv1.Eviction{},
	}},
	{"discovery-v1", "k8s.io/api/discovery/v1", "discovery.k8s.io", "v1", []any{
		discoveryv1.EndpointSlice{}, discoveryv1.EndpointSliceList{},
	}},
	{"coordination-v1", "k8s.io/api/coordination/v1", "coordination.k8s.io", "v1", []any{
		coordinationv1.Lease{}, coordinationv1.LeaseList{},
	}},
	{"events-v1", "k8s.io/api/events/v1", "events.k8s.io", "v1", []any{
		eventsv1.Event{}, eventsv1.EventList{},
	}},
	{"apiextensions-v1", "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1", "apiextensions.k8s.io", "v1", []any{
		apiextensionsv1.CustomResourceDefinition{}, apiextensionsv1.CustomResourceDefinitionList{},
	}},
	{"meta-v1", "k8s.io/apimachinery/pkg/apis/meta/v1", "meta.k8s.io", "v1", []any{
		metav1.DeleteOptions{}, metav1.ListOptions{}, metav1.GetOptions{}, metav1.CreateOptions{},
		metav1.UpdateOptions{}, metav1.PatchOptions{},
		metav1.Status{}, metav1.Table{},
		metav1.PartialObjectMetadata{}, metav1.PartialObjectMetadataList{},
		metav1.APIVersions{}, metav1.APIGroupList{}, metav1.APIGroup{}, metav1.APIResourceList{},
		metav1.WatchEvent{}, metav1.Condition{}, metav1.LabelSelector{},
	}},
}

// Types with a wire form of their own: the walk stops here and the TypeScript side knows them by name.
// The second string is what TypeScript calls their JSON.
var special = map[string][2]string{
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":       {"Time", "string"},
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":  {"MicroTime", "string"},
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration":   {"Duration", "string"},
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":   {"FieldsV1", "unknown"},
	"k8s.io/apimachinery/pkg/api/resource.Quantity":   {"Quantity", "string"},
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString": {"IntOrString", "number | string"},
	"k8s.io/apimachinery/pkg/runtime.RawExtension":    {"RawExtension", "unknown"},
	apiextensions + "JSON":                            {"JSON", "unknown"},
	apiextensions + "JSONSchemaPropsOrBool":           {"JSONSchemaPropsOrBool", "JSONSchemaProps | boolean"},
	apiextensions + "JSONSchemaPropsOrArray":          {"JSONSchemaPropsOrArray", "JSONSchemaProps | readonly JSONSchemaProps[]"},
	apiextensions + "JSONSchemaPropsOrStringArray":    {"JSONSchemaPropsOrStringArray", "JSONSchemaProps | readonly string[]"},
}

const apiextensions = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1."

func qualifiedName(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }
