package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/printers"
	printersinternal "k8s.io/kubernetes/pkg/printers/internalversion"
)

var tables = printers.NewTableGenerator().With(printersinternal.AddHandlers)

type warnings struct{ texts []string }

func (w *warnings) AddWarning(_, text string) { w.texts = append(w.texts, text) }

// judge does what the generic registry does around a strategy, without a store and without admission.
func judge(s strategy, one *record) (out *answer) {
	out = &answer{}
	defer func() {
		if trouble := recover(); trouble != nil {
			out.Error = fmt.Sprint(trouble)
		}
	}()
	object, version, err := decode(one.Object)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	if one.Op == "table" {
		out.Error = printRow(out, object)
		return out
	}
	said := &warnings{}
	ctx := contextOf(object, version, one.Op, said)
	if err := prepare(ctx, s, one, object); err != nil {
		out.Causes = causesOf(err)
		if out.Causes == nil {
			out.Error = err.Error()
		}
		return out
	}
	out.Warnings = said.texts
	out.Object, err = encode(object, version)
	if err != nil {
		out.Error = err.Error()
	}
	return out
}

func decode(text json.RawMessage) (runtime.Object, schema.GroupVersion, error) {
	object, kind, err := legacyscheme.Codecs.UniversalDecoder().Decode(withTimes(text, time.Now()), nil, nil)
	if err != nil {
		return nil, schema.GroupVersion{}, err
	}
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	return internal, kind.GroupVersion(), err
}

func contextOf(object runtime.Object, version schema.GroupVersion, op string, said *warnings) context.Context {
	accessor, _ := meta.Accessor(object)
	ctx := warning.WithWarningRecorder(context.Background(), said)
	ctx = request.WithNamespace(ctx, accessor.GetNamespace())
	return request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: op, APIGroup: version.Group, APIVersion: version.Version, Namespace: accessor.GetNamespace(),
	})
}

func prepare(ctx context.Context, s strategy, one *record, object runtime.Object) error {
	if one.Op == "create" {
		accessor, err := meta.Accessor(object)
		if err != nil {
			return err
		}
		rest.FillObjectMetaSystemFields(accessor)
		return rest.BeforeCreate(s.create, ctx, object)
	}
	old, _, err := decode(one.Old)
	if err != nil {
		return err
	}
	if one.Op == "status" {
		return rest.BeforeUpdate(s.status, ctx, object, old)
	}
	return rest.BeforeUpdate(s.update, ctx, object, old)
}

func causesOf(err error) (causes [][3]string) {
	status, ok := err.(*apierrors.StatusError)
	if !ok || status.ErrStatus.Details == nil {
		return nil
	}
	for _, cause := range status.ErrStatus.Details.Causes {
		causes = append(causes, [3]string{string(cause.Type), cause.Field, cause.Message})
	}
	return causes
}

// encode leaves out what the server fills in.
func encode(object runtime.Object, version schema.GroupVersion) (json.RawMessage, error) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return nil, err
	}
	accessor.SetUID("")
	accessor.SetResourceVersion("")
	accessor.SetGeneration(0)
	accessor.SetCreationTimestamp(metav1.Time{})
	return runtime.Encode(legacyscheme.Codecs.LegacyCodec(version), object)
}

func printRow(out *answer, object runtime.Object) string {
	table, err := tables.GenerateTable(object, printers.GenerateOptions{Wide: true})
	if err != nil {
		return err.Error()
	}
	for _, column := range table.ColumnDefinitions {
		out.Columns = append(out.Columns, []any{column.Name, column.Type, column.Format, column.Priority})
	}
	out.Cells = table.Rows[0].Cells
	return ""
}
