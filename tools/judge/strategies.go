package main

import (
	apiextinstall "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	crd "k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/events/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	hpa "k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/coordination/lease"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/endpoint"
	"k8s.io/kubernetes/pkg/registry/core/event"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/node"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/discovery/endpointslice"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
)

type strategy struct {
	create rest.RESTCreateStrategy
	update rest.RESTUpdateStrategy
	status rest.RESTUpdateStrategy
}

// The key is the name of the file in testdata.
func strategies() map[string]strategy {
	apiextinstall.Install(legacyscheme.Scheme)
	definition := crd.NewStrategy(legacyscheme.Scheme)
	return map[string]strategy{
		"configmaps":                {configmap.Strategy, configmap.Strategy, nil},
		"customresourcedefinitions": {definition, definition, crd.NewStatusStrategy(legacyscheme.Scheme)},
		"deployments":               {deployment.Strategy, deployment.Strategy, deployment.StatusStrategy},
		"endpoints":                 {endpoint.Strategy, endpoint.Strategy, nil},
		"endpointslices":            {endpointslice.Strategy, endpointslice.Strategy, nil},
		"events":                    {event.Strategy, event.Strategy, nil},
		"events.events.k8s.io":      {event.Strategy, event.Strategy, nil},
		"horizontalpodautoscalers":  {hpa.Strategy, hpa.Strategy, hpa.StatusStrategy},
		"leases":                    {lease.Strategy, lease.Strategy, nil},
		"namespaces":                {namespace.Strategy, namespace.Strategy, namespace.StatusStrategy},
		"nodes":                     {node.Strategy, node.Strategy, node.StatusStrategy},
		"poddisruptionbudgets":      {poddisruptionbudget.Strategy, poddisruptionbudget.Strategy, poddisruptionbudget.StatusStrategy},
		"pods":                      {pod.Strategy, pod.Strategy, pod.StatusStrategy},
		"replicasets":               {replicaset.Strategy, replicaset.Strategy, replicaset.StatusStrategy},
		"secrets":                   {secret.Strategy, secret.Strategy, nil},
		"serviceaccounts":           {serviceaccount.Strategy, serviceaccount.Strategy, nil},
		"services":                  {service.Strategy, service.Strategy, service.StatusStrategy},
	}
}
