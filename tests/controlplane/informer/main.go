// informer runs client-go's dynamic informer on one resource and writes its life to standard output, a JSON object a
// line: what its handlers are told, each request it makes, and its store whenever a line comes in on standard input.
// It ends with standard input. KUBE_FEATURE_WatchListClient=true or false chooses WatchList.
//
// usage: informer KUBECONFIG GROUP VERSION RESOURCE [NAMESPACE]
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// line is one thing that happened. Type is SYNCED, ADDED, MODIFIED, DELETED, LOST (a deletion that was missed and found
// by a relist), REQUEST or STORE.
type line struct {
	Type            string            `json:"type"`
	Key             string            `json:"key,omitempty"`
	ResourceVersion string            `json:"resourceVersion,omitempty"`
	Before          string            `json:"before,omitempty"`
	Initial         bool              `json:"initial,omitempty"`
	Query           map[string]string `json:"query,omitempty"`
	Code            int               `json:"code,omitempty"`
	Store           map[string]string `json:"store,omitempty"`
}

// journal writes lines, whole ones, from any goroutine.
type journal struct {
	mutex   sync.Mutex
	encoder *json.Encoder
}

func (j *journal) write(written line) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if err := j.encoder.Encode(written); err != nil {
		fail(err)
	}
}

func (j *journal) OnAdd(object any, initial bool) {
	key, version := place(object)
	j.write(line{Type: "ADDED", Key: key, ResourceVersion: version, Initial: initial})
}

func (j *journal) OnUpdate(before, object any) {
	key, version := place(object)
	_, old := place(before)
	j.write(line{Type: "MODIFIED", Key: key, ResourceVersion: version, Before: old})
}

func (j *journal) OnDelete(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		j.write(line{Type: "LOST", Key: unknown.Key})
		return
	}
	key, version := place(object)
	j.write(line{Type: "DELETED", Key: key, ResourceVersion: version})
}

// observed is a transport that tells of each request.
type observed struct {
	inner   http.RoundTripper
	journal *journal
}

func (o observed) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.inner.RoundTrip(request)
	told := line{Type: "REQUEST", Query: map[string]string{}}
	for name, values := range request.URL.Query() {
		told.Query[name] = values[0]
	}
	if err == nil {
		told.Code = response.StatusCode
	}
	o.journal.write(told)
	return response, err
}

func main() {
	if len(os.Args) < 5 {
		fail(fmt.Errorf("usage: informer KUBECONFIG GROUP VERSION RESOURCE [NAMESPACE]"))
	}
	namespace := ""
	if len(os.Args) > 5 {
		namespace = os.Args[5]
	}
	journal := &journal{encoder: json.NewEncoder(os.Stdout)}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		fail(err)
	}
	config.Wrap(func(inner http.RoundTripper) http.RoundTripper { return observed{inner, journal} })
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		fail(err)
	}
	resource := schema.GroupVersionResource{Group: os.Args[2], Version: os.Args[3], Resource: os.Args[4]}
	informer := dynamicinformer.NewFilteredDynamicInformer(client, resource, namespace, 0, cache.Indexers{}, nil).Informer()
	registration, err := informer.AddEventHandler(journal)
	if err != nil {
		fail(err)
	}
	ctx := context.Background()
	go informer.RunWithContext(ctx)
	if cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		journal.write(line{Type: "SYNCED"})
	}
	tellStore(informer.GetStore(), journal)
}

// tellStore writes the store for each line of standard input, and returns at its end.
func tellStore(store cache.Store, journal *journal) {
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		told := line{Type: "STORE", Store: map[string]string{}}
		for _, object := range store.List() {
			key, version := place(object)
			told.Store[key] = version
		}
		journal.write(told)
	}
}

func place(object any) (key, version string) {
	found := object.(*unstructured.Unstructured)
	return found.GetNamespace() + "/" + found.GetName(), found.GetResourceVersion()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "informer:", err)
	os.Exit(1)
}
