package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	writers = 32
	objects = 40
	enough  = 600
)

var registries = schema.GroupVersionResource{Group: "slipway.dev", Version: "v1", Resource: "registries"}

// Every watch ends after a second, so that the informer resumes all the time, and a client may be sent back to the beginning.
type unsteady struct {
	next                 http.RoundTripper
	watches, lists, gone atomic.Int64
	forget               atomic.Bool
}

func (u *unsteady) RoundTrip(request *http.Request) (*http.Response, error) {
	query := request.URL.Query()
	if query.Get("watch") == "" {
		if request.Method == http.MethodGet {
			u.lists.Add(1)
		}
		return u.next.RoundTrip(request)
	}
	u.watches.Add(1)
	request = request.Clone(request.Context())
	query.Set("timeoutSeconds", "1")
	if query.Get("sendInitialEvents") == "" && u.forget.CompareAndSwap(true, false) {
		// A version that this server never gave, as after a restored backup.
		query.Set("resourceVersion", "999999999")
		u.gone.Add(1)
	}
	request.URL.RawQuery = query.Encode()
	return u.next.RoundTrip(request)
}

// What an informer was told of one object, in order.
type told struct {
	sync.Mutex
	versions map[string][]int64
	faults   []string
	events   int
}

func versionOf(object meta.Object) int64 {
	version, _ := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	return version
}

func (t *told) changed(what string, object *unstructured.Unstructured) {
	t.Lock()
	defer t.Unlock()
	t.events++
	name, version := object.GetName(), versionOf(object)
	before := t.versions[name]
	if len(before) > 0 && version <= before[len(before)-1] {
		t.faults = append(t.faults, fmt.Sprintf("%s of %s at %d came after %d", what, name, version, before[len(before)-1]))
	}
	t.versions[name] = append(before, version)
}

func (t *told) handler() cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { t.changed("ADDED", object.(*unstructured.Unstructured)) },
		UpdateFunc: func(_, object any) { t.changed("MODIFIED", object.(*unstructured.Unstructured)) },
		DeleteFunc: func(object any) {
			// Only after a list that it was not in any more does the informer not know the last state.
			if last, ok := object.(*unstructured.Unstructured); ok {
				t.changed("DELETED", last)
			}
		},
	}
}

// The versions that the server said it wrote, by object. Of a write whose answer was lost nobody knows whether it happened.
type written struct {
	sync.Mutex
	versions map[string][]int64
	count    int
	// Requests that the server did not answer: it restarts.
	broken int
}

func (w *written) counts() (count, broken int) {
	w.Lock()
	defer w.Unlock()
	return w.count, w.broken
}

func (w *written) add(object *unstructured.Unstructured) {
	w.Lock()
	defer w.Unlock()
	w.versions[object.GetName()] = append(w.versions[object.GetName()], versionOf(object))
	w.count++
	if w.count == enough/6 {
		// Whoever runs this restarts the server now.
		fmt.Fprintln(os.Stderr, "writing")
	}
}

// inform runs a shared informer while others write, watches break and the server restarts: no event is missed, none comes twice or out of order, and in the end
// the cache is what is stored.
func inform(ctx context.Context, config *rest.Config) (report, error) {
	watching := &unsteady{}
	informed := rest.CopyConfig(config)
	informed.WrapTransport = func(next http.RoundTripper) http.RoundTripper {
		watching.next = next
		return watching
	}
	reader, err := dynamic.NewForConfig(informed)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	seen := &told{versions: map[string][]int64{}}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(reader, 0)
	informer := factory.ForResource(registries).Informer()
	registration, err := informer.AddEventHandler(seen.handler())
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return nil, errors.New("the informer never had the first list")
	}

	wrote := &written{versions: map[string][]int64{}}
	restarted := func() bool {
		count, broken := wrote.counts()
		return count >= enough && broken > 0
	}
	if err := write(ctx, client, wrote, restarted); err != nil {
		return nil, err
	}
	if err := settled(ctx, client, informer.GetStore()); err != nil {
		return nil, err
	}
	lists, events := watching.lists.Load(), seen.events
	faults := append(seen.faults, missing(seen, wrote)...)

	// A list is taken again: in between events may be missing, in the end nothing is.
	watching.forget.Store(true)
	more := &written{versions: map[string][]int64{}}
	sentBack := func() bool {
		count, _ := more.counts()
		return count >= enough/3 && watching.gone.Load() > 0
	}
	if err := write(ctx, client, more, sentBack); err != nil {
		return nil, err
	}
	if err := settled(ctx, client, informer.GetStore()); err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%d faults, the first: %s", len(faults), faults[0])
	}
	return report{"writes": wrote.count, "events": events, "watches": watching.watches.Load(), "listsBeforeGone": lists, "gone": watching.gone.Load()}, nil
}

// write lets 32 writers create, change and delete the same objects until it is enough.
func write(ctx context.Context, client dynamic.Interface, wrote *written, done func() bool) error {
	var group sync.WaitGroup
	failed := make(chan error, writers)
	for number := range writers {
		group.Add(1)
		go func() {
			defer group.Done()
			for ctx.Err() == nil && !done() {
				if err := writeOnce(ctx, client.Resource(registries), wrote, number); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	group.Wait()
	close(failed)
	return <-failed
}

func writeOnce(ctx context.Context, client dynamic.ResourceInterface, wrote *written, writer int) error {
	name := fmt.Sprintf("churn-%d", rand.IntN(objects))
	var object *unstructured.Unstructured
	var err error
	switch rand.IntN(10) {
	case 0:
		err = client.Delete(ctx, name, meta.DeleteOptions{})
	case 1, 2:
		made := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "slipway.dev/v1", "kind": "Registry",
			"metadata": map[string]any{"name": name},
			"spec":     map[string]any{"type": "builtin"},
		}}
		object, err = client.Create(ctx, made, meta.CreateOptions{})
	default:
		patch := fmt.Sprintf(`{"metadata":{"labels":{"writer":"%d","number":"%d"}}}`, writer, rand.Int32())
		object, err = client.Patch(ctx, name, types.MergePatchType, []byte(patch), meta.PatchOptions{})
	}
	var refused apierrors.APIStatus
	if errors.As(err, &refused) && !apierrors.IsNotFound(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsConflict(err) {
		if !apierrors.IsServiceUnavailable(err) && !apierrors.IsTooManyRequests(err) {
			return err
		}
	}
	if err == nil && object != nil {
		wrote.add(object)
	} else if err != nil && refused == nil {
		wrote.Lock()
		wrote.broken++
		wrote.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// settled waits until the cache is what a list in small pages says.
func settled(ctx context.Context, client dynamic.Interface, store cache.Store) error {
	var last string
	for ctx.Err() == nil {
		stored, err := everything(ctx, client)
		var refused apierrors.APIStatus
		if err != nil && errors.As(err, &refused) && !apierrors.IsServiceUnavailable(err) {
			return err
		}
		if err != nil {
			// It restarts still.
			last = err.Error()
			time.Sleep(100 * time.Millisecond)
			continue
		}
		if last = difference(stored, store.List()); last == "" {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the cache never became what is stored: %s", last)
}

// everything is what is stored, read in pages.
func everything(ctx context.Context, client dynamic.Interface) (map[string]map[string]any, error) {
	found := map[string]map[string]any{}
	for more := ""; ; {
		page, err := client.Resource(registries).List(ctx, meta.ListOptions{Limit: 7, Continue: more})
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			found[item.GetName()] = item.Object
		}
		if more = page.GetContinue(); more == "" {
			return found, nil
		}
	}
}

func difference(stored map[string]map[string]any, cached []any) string {
	if len(cached) != len(stored) {
		return fmt.Sprintf("%d objects in the cache, %d in the list", len(cached), len(stored))
	}
	for _, one := range cached {
		object := one.(*unstructured.Unstructured)
		if !reflect.DeepEqual(object.Object, stored[object.GetName()]) {
			return fmt.Sprintf("%s differs", object.GetName())
		}
	}
	return ""
}

// missing are the writes no event told of.
func missing(seen *told, wrote *written) []string {
	seen.Lock()
	defer seen.Unlock()
	var faults []string
	for name, versions := range wrote.versions {
		heard := map[int64]bool{}
		for _, version := range seen.versions[name] {
			heard[version] = true
		}
		for _, version := range versions {
			if !heard[version] {
				faults = append(faults, fmt.Sprintf("no event of %s at %d", name, version))
			}
		}
	}
	return faults
}
