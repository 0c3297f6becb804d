package main

import (
	"context"
	"fmt"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// discover asks what is served as controllers do at their start, and uses the typed clients for what Kubernetes itself defines.
func discover(ctx context.Context, config *rest.Config) (report, error) {
	config = rest.CopyConfig(config)
	// As controllers set it: requests in protobuf, answers in either.
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	groups, err := restmapper.GetAPIGroupResources(client.Discovery())
	if err != nil {
		return nil, err
	}
	mapping, err := restmapper.NewDiscoveryRESTMapper(groups).RESTMapping(schema.GroupKind{Group: "slipway.dev", Kind: "MachinePool"})
	if err != nil {
		return nil, err
	}
	preferred, err := client.Discovery().ServerPreferredResources()
	if err != nil {
		return nil, err
	}
	lists := []string{}
	for _, list := range preferred {
		lists = append(lists, list.GroupVersion)
	}
	secret := &core.Secret{ObjectMeta: meta.ObjectMeta{Name: "typed"}, StringData: map[string]string{"key": "value"}}
	if _, err := client.CoreV1().Secrets("default").Create(ctx, secret, meta.CreateOptions{FieldManager: "test"}); err != nil {
		return nil, fmt.Errorf("create a Secret: %w", err)
	}
	got, err := client.CoreV1().Secrets("default").Get(ctx, "typed", meta.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("get a Secret: %w", err)
	}
	if err := client.CoreV1().Secrets("default").Delete(ctx, "typed", meta.DeleteOptions{Preconditions: &meta.Preconditions{UID: &got.UID}}); err != nil {
		return nil, fmt.Errorf("delete a Secret: %w", err)
	}
	namespaces, err := client.CoreV1().Namespaces().List(ctx, meta.ListOptions{})
	if err != nil {
		return nil, err
	}
	self, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authentication.SelfSubjectReview{}, meta.CreateOptions{})
	if err != nil {
		return nil, err
	}
	return report{
		"mapped":     fmt.Sprintf("%s %s", mapping.Resource.String(), mapping.Scope.Name()),
		"preferred":  lists,
		"secretKeys": len(got.Data),
		"namespaces": len(namespaces.Items),
		"user":       self.Status.UserInfo.Username,
	}, nil
}
