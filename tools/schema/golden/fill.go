package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A filler gives every field below a value a value of its own, so that no field can be mistaken for
// another. Lists and maps get one entry; recursion into the same struct stops at the second level.
type filler struct {
	count int64
	open  map[reflect.Type]int
}

func fill(into any) {
	f := &filler{open: map[reflect.Type]int{}}
	f.value(reflect.ValueOf(into).Elem())
}

func (f *filler) next() int64 {
	f.count++
	return f.count
}

func (f *filler) value(v reflect.Value) {
	n := f.next()
	switch special := v.Addr().Interface().(type) {
	case *metav1.Time:
		special.Time = time.Unix(1700000000+n, 0).UTC()
		return
	case *metav1.MicroTime:
		special.Time = time.Unix(1700000000+n, n*1000).UTC()
		return
	case *metav1.FieldsV1:
		special.Raw = []byte(fmt.Sprintf(`{"f:f%d":{}}`, n))
		return
	case *metav1.TypeMeta:
		return
	case *resource.Quantity:
		*special = *resource.NewQuantity(n, resource.DecimalSI)
		return
	case *intstr.IntOrString:
		if n%2 == 0 {
			*special = intstr.FromInt32(int32(n))
		} else {
			*special = intstr.FromString(fmt.Sprintf("%d%%", n))
		}
		return
	case *runtime.RawExtension:
		special.Raw = []byte(fmt.Sprintf(`{"raw":%d}`, n))
		return
	case *apiextensionsv1.JSON:
		special.Raw = []byte(fmt.Sprintf(`["json",%d]`, n))
		return
	case *apiextensionsv1.JSONSchemaPropsOrBool:
		if special.Allows = true; f.open[reflect.TypeFor[apiextensionsv1.JSONSchemaProps]()] < 2 {
			special.Schema = &apiextensionsv1.JSONSchemaProps{}
			f.value(reflect.ValueOf(special.Schema).Elem())
		}
		return
	case *apiextensionsv1.JSONSchemaPropsOrArray:
		if n%2 == 0 {
			special.Schema = &apiextensionsv1.JSONSchemaProps{Type: fmt.Sprint("s", n)}
		} else {
			special.JSONSchemas = []apiextensionsv1.JSONSchemaProps{{Type: fmt.Sprint("s", n)}, {}}
		}
		return
	case *apiextensionsv1.JSONSchemaPropsOrStringArray:
		if n%2 == 0 {
			special.Schema = &apiextensionsv1.JSONSchemaProps{Type: fmt.Sprint("s", n)}
		} else {
			special.Property = []string{fmt.Sprint("s", n)}
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if elem := v.Type().Elem(); elem.Kind() != reflect.Struct || f.open[elem] < 2 {
			v.Set(reflect.New(elem))
			f.value(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{byte(n), 0, 255})
			return
		}
		if elem := v.Type().Elem(); f.open[elem] < 2 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			f.value(v.Index(0))
		}
	case reflect.Map:
		elem := v.Type().Elem()
		if elem.Kind() == reflect.Struct && f.open[elem] >= 2 {
			return
		}
		value := reflect.New(elem).Elem()
		f.value(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", n)).Convert(v.Type().Key()), value)
	case reflect.Struct:
		f.open[v.Type()]++
		for i := range v.NumField() {
			// Fields that JSON leaves out are not in protobuf either.
			if v.Type().Field(i).Tag.Get("json") != "-" {
				f.value(v.Field(i))
			}
		}
		f.open[v.Type()]--
	case reflect.String:
		v.SetString(fmt.Sprint("s", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(n)
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf(json.Number(fmt.Sprint(n))))
	default:
		panic("cannot fill " + v.Type().String())
	}
}
