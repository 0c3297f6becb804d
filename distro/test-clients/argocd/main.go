// Argo CD against the hub, in a program of its own: what gitops-engine compares with (k8s.io/kubernetes) replaces the feature gates of client-go, which other tests set.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2/textlogger"
)

// Argo CD knows that namespaces come first, and does not know that projects are namespaces: they go in an earlier wave.
const argoManifests = `
apiVersion: slipway.dev/v1
kind: Project
metadata: {name: argo, annotations: {argocd.argoproj.io/sync-wave: "-1"}}
spec: {displayName: From Git}
---
apiVersion: slipway.dev/v1
kind: Registry
metadata: {name: argo-charts, labels: {team: a}}
spec: {type: helm, url: "https://charts.example.com"}
---
apiVersion: slipway.dev/v1
kind: ServiceAccount
metadata: {name: deployer, namespace: argo}
spec: {description: deploys}
---
apiVersion: v1
kind: Secret
metadata: {name: pull, namespace: argo}
stringData: {token: from-git}
`

const tracking = "app.kubernetes.io/instance"
const argoManager = "argocd-controller"

var registries = schema.GroupVersionResource{Group: "slipway.dev", Version: "v1", Resource: "registries"}

// What was found, as JSON for the test that runs it.
type report map[string]any

// argo does to the hub what Argo CD's application controller does to a cluster, with the module it does it by: the cache of everything there is, the comparison in
// each of its three ways, and the sync, client-side (three-way) and server-side, with pruning.
type argo struct {
	config  *rest.Config
	kubectl *kube.KubectlCmd
	cache   cache.ClusterCache
	log     logr.Logger
	dynamic dynamic.Interface
	found   report
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// test-argocd, with KUBECONFIG as kubectl has it.
func run() error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.QPS = -1
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	found, err := argocd(ctx, config)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func argocd(ctx context.Context, config *rest.Config) (report, error) {
	a, stop, err := newArgo(config)
	if err != nil {
		return nil, err
	}
	defer stop()
	for _, step := range []func(context.Context) error{a.clientSide, a.drift, a.serverSide, a.prune} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a.found, nil
}

func newArgo(config *rest.Config) (*argo, func(), error) {
	log := logr.Discard()
	if os.Getenv("ARGO_LOG") != "" {
		log = textlogger.NewLogger(textlogger.NewConfig(textlogger.Verbosity(1)))
	}
	kubectl := &kube.KubectlCmd{Log: log, Tracer: tracing.NopTracer{}}
	isOurs := func(un *unstructured.Unstructured, _ bool) (any, bool) {
		name := un.GetLabels()[tracking]
		return name, name != ""
	}
	everything := cache.NewClusterCache(config, cache.SetKubectl(kubectl), cache.SetPopulateResourceInfoHandler(isOurs), cache.SetLogr(log))
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	if err := everything.EnsureSynced(); err != nil {
		return nil, nil, fmt.Errorf("the cache: %w", err)
	}
	found := report{"resources": len(everything.GetAPIResources())}
	return &argo{config: config, kubectl: kubectl, cache: everything, log: log, dynamic: client, found: found}, func() { everything.Invalidate() }, nil
}

func targets(text string) ([]*unstructured.Unstructured, error) {
	objects, err := kube.SplitYAML([]byte(text))
	for _, object := range objects {
		labels := object.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[tracking] = "fleet"
		object.SetLabels(labels)
	}
	return objects, err
}

func isManaged(r *cache.Resource) bool { return r.Info == "fleet" }

// One sync of an application, told as Argo CD shows it.
func (a *argo) sync(ctx context.Context, step, text string, options ...sync.SyncOpt) error {
	objects, err := targets(text)
	if err != nil {
		return err
	}
	results, err := a.operate(ctx, step, objects, options)
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	told := []string{}
	for _, result := range results {
		told = append(told, fmt.Sprintf("%s/%s %s: %s", result.ResourceKey.Kind, result.ResourceKey.Name, result.Status, lastLine(result.Message)))
	}
	a.found[step] = told
	return a.settled(ctx, objects)
}

// As the application controller does it: in rounds, each with what the cache knows by now, until every wave is through.
func (a *argo) operate(ctx context.Context, revision string, objects []*unstructured.Unstructured, options []sync.SyncOpt) ([]common.ResourceSyncResult, error) {
	phase, message, results, started := common.OperationRunning, "", []common.ResourceSyncResult(nil), meta.Now()
	for {
		live, err := a.cache.GetManagedLiveObjs(objects, isManaged)
		if err != nil {
			return nil, err
		}
		reconciled := sync.Reconcile(objects, live, "default", a.cache)
		round := append([]sync.SyncOpt{sync.WithLogr(a.log), sync.WithInitialState(phase, message, results, started)}, options...)
		syncing, cleanup, err := sync.NewSyncContext(revision, reconciled, a.config, a.config, a.kubectl, "default", round...)
		if err != nil {
			return nil, err
		}
		syncing.Sync()
		phase, message, results = syncing.GetState()
		cleanup()
		if phase.Completed() {
			if !phase.Successful() {
				return nil, fmt.Errorf("%s: %s %v", phase, message, results)
			}
			return results, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", message, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func lastLine(text string) string {
	// After a warning of client-go the object and what became of it are the last words.
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// Waits until the cache has seen what was written, as the controller does before it compares again.
func (a *argo) settled(ctx context.Context, objects []*unstructured.Unstructured) error {
	for {
		live, err := a.cache.GetManagedLiveObjs(objects, isManaged)
		if err != nil {
			return err
		}
		current := 0
		for _, object := range objects {
			seen := live[kube.GetResourceKey(object)]
			if seen == nil {
				break
			}
			now, err := a.kubectl.GetResource(ctx, a.config, object.GroupVersionKind(), object.GetName(), object.GetNamespace())
			if err != nil {
				return err
			}
			if now.GetResourceVersion() == seen.GetResourceVersion() {
				current++
			}
		}
		if current == len(objects) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the cache does not see what was written: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// What is out of sync, by the way of comparing.
func (a *argo) compare(step, text string) error {
	objects, err := targets(text)
	if err != nil {
		return err
	}
	live, err := a.cache.GetManagedLiveObjs(objects, isManaged)
	if err != nil {
		return err
	}
	applier, cleanup, err := a.kubectl.ManageServerSideDiffDryRuns(a.config)
	if err != nil {
		return err
	}
	defer cleanup()
	typed := []diff.Option{diff.WithGVKParser(a.cache.GetGVKParser()), diff.WithManager(argoManager)}
	ways := map[string][]diff.Option{
		"three-way":  {},
		"structured": append(typed, diff.WithStructuredMergeDiff(true)),
		"server":     append(typed, diff.WithServerSideDiff(true), diff.WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(applier))),
	}
	reconciled := sync.Reconcile(objects, live, "default", a.cache)
	for way, options := range ways {
		options = append(options, diff.WithLogr(logr.Discard()))
		modified := []string{}
		for i, target := range reconciled.Target {
			result, err := diff.Diff(target, reconciled.Live[i], options...)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", step, way, err)
			}
			if result.Modified {
				modified = append(modified, target.GetKind()+"/"+target.GetName())
			}
		}
		a.found[step+" "+way] = modified
	}
	return nil
}

func (a *argo) clientSide(ctx context.Context) error {
	if err := a.sync(ctx, "created", argoManifests); err != nil {
		return err
	}
	if err := a.sync(ctx, "again", argoManifests); err != nil {
		return err
	}
	return a.compare("in sync", argoManifests)
}

// Somebody edits by hand; the cache hears of it, every comparison but none for the labels of others tells it, and a sync puts it back.
func (a *argo) drift(ctx context.Context) error {
	edit := []byte(`{"metadata":{"labels":{"mine":"yes"}},"spec":{"url":"https://drift.example.com"}}`)
	if _, err := a.dynamic.Resource(registries).Patch(ctx, "argo-charts", types.MergePatchType, edit, meta.PatchOptions{FieldManager: "editor"}); err != nil {
		return err
	}
	objects, err := targets(argoManifests)
	if err != nil {
		return err
	}
	if err := a.settled(ctx, objects); err != nil {
		return err
	}
	if err := a.compare("drifted", argoManifests); err != nil {
		return err
	}
	if err := a.sync(ctx, "repaired", argoManifests); err != nil {
		return err
	}
	return a.show(ctx, "after repair")
}

func (a *argo) serverSide(ctx context.Context) error {
	changed := strings.Replace(argoManifests, "team: a", "team: b", 1)
	if err := a.sync(ctx, "server-side", changed, sync.WithServerSideApply(true), sync.WithServerSideApplyManager(argoManager)); err != nil {
		return err
	}
	if err := a.show(ctx, "after server-side"); err != nil {
		return err
	}
	return a.compare("server-side in sync", changed)
}

// What is no longer in Git is deleted.
func (a *argo) prune(ctx context.Context) error {
	documents := strings.Split(argoManifests, "---\n")
	if err := a.sync(ctx, "pruned", documents[0], sync.WithPrune(true)); err != nil {
		return err
	}
	return a.sync(ctx, "kept", documents[0], sync.WithPrune(true))
}

// The registry and who owns what of it.
func (a *argo) show(ctx context.Context, step string) error {
	registry, err := a.dynamic.Resource(registries).Get(ctx, "argo-charts", meta.GetOptions{})
	if err != nil {
		return err
	}
	url, _, _ := unstructured.NestedString(registry.Object, "spec", "url")
	managers := []string{}
	for _, entry := range registry.GetManagedFields() {
		managers = append(managers, fmt.Sprintf("%s %s", entry.Manager, entry.Operation))
	}
	a.found[step] = report{"url": url, "labels": registry.GetLabels(), "managers": managers}
	return nil
}
