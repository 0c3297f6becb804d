// Programs of other people's making that use the hub as they use every Kubernetes API. Tests run them; nothing of this is part of the product.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// What a command found, as JSON for the test that runs it.
type report map[string]any

var commands = map[string]func(context.Context, *rest.Config) (report, error){
	"discovery": discover,
	"informer":  inform,
	"flux":      flux,
	"openapi":   openapi2,
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// test-clients <command>, with KUBECONFIG as kubectl has it.
func run() error {
	if len(os.Args) != 2 || commands[os.Args[1]] == nil {
		return fmt.Errorf("usage: test-clients discovery|informer|flux|openapi")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	// The limits under test are the server's.
	config.QPS = -1
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	found, err := commands[os.Args[1]](ctx, config)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}
