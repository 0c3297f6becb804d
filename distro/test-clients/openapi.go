package main

import (
	"context"
	"fmt"
	"reflect"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/kube-openapi/pkg/util/proto"
	"k8s.io/kubectl/pkg/util/openapi"
)

// openapi2 reads /openapi/v2 as kubectl, Argo CD and Terraform do, in protobuf, and compares it with the JSON of the same document as gnostic reads that.
func openapi2(ctx context.Context, config *rest.Config) (report, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	served, err := client.OpenAPISchema()
	if err != nil {
		return nil, fmt.Errorf("protobuf: %w", err)
	}
	text, err := client.RESTClient().Get().AbsPath("/openapi/v2").SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	parsed, err := openapi_v2.ParseDocument(text)
	if err != nil {
		return nil, fmt.Errorf("gnostic refuses the document: %w", err)
	}
	same, err := equal(served, parsed)
	if err != nil {
		return nil, err
	}

	models, err := proto.NewOpenAPIData(served)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	if _, err := managedfields.NewGVKParser(models, false); err != nil {
		return nil, fmt.Errorf("types for structured merges: %w", err)
	}
	resources, err := openapi.NewOpenAPIParser(openapi.NewOpenAPIGetter(client)).Parse()
	if err != nil {
		return nil, err
	}
	found := report{"same": same, "models": len(models.ListModels())}
	for name, kind := range map[string]schema.GroupVersionKind{
		"pool":   {Group: "slipway.dev", Version: "v1", Kind: "MachinePool"},
		"secret": {Version: "v1", Kind: "Secret"},
	} {
		model := resources.LookupResource(kind)
		if model == nil {
			return nil, fmt.Errorf("there is no schema of %s", kind)
		}
		found[name] = model.(*proto.Kind).Keys()
		found[name+"Patches"] = resources.GetConsumes(kind, "PATCH")
	}
	return found, nil
}

// Both as values, because gnostic keeps what can be anything as YAML, which may be written in many ways.
func equal(one, other *openapi_v2.Document) (bool, error) {
	values := make([]any, 2)
	for i, document := range []*openapi_v2.Document{one, other} {
		text, err := yaml.Marshal(document.ToRawInfo())
		if err != nil {
			return false, err
		}
		if err := yaml.Unmarshal(text, &values[i]); err != nil {
			return false, err
		}
	}
	return reflect.DeepEqual(values[0], values[1]), nil
}
