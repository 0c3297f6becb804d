package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	ssautils "github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// Flux knows that namespaces come first, and does not know that projects are namespaces: they go before, as a Kustomization that the others depend on.
const project = `
apiVersion: slipway.dev/v1
kind: Project
metadata: {name: flux}
spec: {displayName: From Git}
`

const manifests = `
apiVersion: slipway.dev/v1
kind: Registry
metadata: {name: flux-charts, labels: {team: a}}
spec: {type: helm, url: "https://charts.example.com"}
---
apiVersion: v1
kind: Secret
metadata: {name: pull, namespace: flux}
stringData: {token: from-git}
`

// flux does to the hub what Flux's kustomize-controller does to a cluster, with the module it does it by.
func flux(ctx context.Context, config *rest.Config) (report, error) {
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, httpClient)
	if err != nil {
		return nil, err
	}
	kube, err := client.New(config, client.Options{Mapper: mapper, HTTPClient: httpClient})
	if err != nil {
		return nil, err
	}
	poller := polling.NewStatusPoller(kube, mapper, polling.Options{})
	manager := ssa.NewResourceManager(kube, poller, ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"})
	found := report{}

	apply := func(step, text string) error {
		objects, err := ssautils.ReadObjects(strings.NewReader(text))
		if err != nil {
			return err
		}
		if err := normalize.UnstructuredList(objects); err != nil {
			return err
		}
		manager.SetOwnerLabels(objects, "fleet", "flux-system")
		changes, err := manager.ApplyAllStaged(ctx, objects, ssa.DefaultApplyOptions())
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		if err := manager.WaitForSet(changes.ToObjMetadataSet(), ssa.WaitOptions{Interval: 100 * time.Millisecond, Timeout: 30 * time.Second}); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		found[step] = actions(changes)
		return nil
	}
	if err := apply("project", project); err != nil {
		return nil, err
	}
	if err := apply("first", manifests); err != nil {
		return nil, err
	}
	if err := apply("again", manifests); err != nil {
		return nil, err
	}

	// Somebody edits by hand; a dry run tells, and the next apply puts it back.
	registry := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "slipway.dev/v1", "kind": "Registry", "metadata": map[string]any{"name": "flux-charts"}}}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"mine":"yes"}},"spec":{"url":"https://drift.example.com"}}`))
	if err := kube.Patch(ctx, registry, patch, client.FieldOwner("editor")); err != nil {
		return nil, err
	}
	objects, err := ssautils.ReadObjects(strings.NewReader(manifests))
	if err != nil {
		return nil, err
	}
	manager.SetOwnerLabels(objects, "fleet", "flux-system")
	entry, live, merged, err := manager.Diff(ctx, objects[0], ssa.DefaultDiffOptions())
	if err != nil {
		return nil, fmt.Errorf("diff: %w", err)
	}
	before, _, _ := unstructured.NestedString(live.Object, "spec", "url")
	after, _, _ := unstructured.NestedString(merged.Object, "spec", "url")
	found["diff"] = fmt.Sprintf("%s: %s to %s", entry.Action, before, after)
	if err := apply("drift", manifests); err != nil {
		return nil, err
	}
	if err := kube.Get(ctx, client.ObjectKeyFromObject(registry), registry); err != nil {
		return nil, err
	}
	found["kept"] = registry.GetLabels()["mine"]

	changes, err := manager.DeleteAll(ctx, objects, ssa.DefaultDeleteOptions())
	if err != nil {
		return nil, fmt.Errorf("delete: %w", err)
	}
	if err := manager.WaitForTermination(objects, ssa.WaitOptions{Interval: 100 * time.Millisecond, Timeout: 30 * time.Second}); err != nil {
		return nil, fmt.Errorf("delete: %w", err)
	}
	found["deleted"] = actions(changes)
	return found, nil
}

func actions(changes *ssa.ChangeSet) []string {
	all := []string{}
	for _, entry := range changes.Entries {
		all = append(all, fmt.Sprintf("%s %s", entry.Subject, entry.Action))
	}
	return all
}
