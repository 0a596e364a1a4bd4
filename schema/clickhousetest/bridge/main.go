//go:build linux && (amd64 || arm64)

// Command bridge serves libchdb, the current ClickHouse engine as a library, on
// ClickHouse's native protocol, so that tests reach it with the same client as
// a server. It runs in a process of its own, because the library takes over
// signal handlers and allows one data path per process.
//
//	bridge -lib libchdb.so -path DIR -address 127.0.0.1:0
//
// It prints the address it listens on and ends when its standard input does.
// Queries run one at a time, and a result is held in memory as a whole. There
// are no users, no TLS and no cancellation.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	lib := flag.String("lib", "", "libchdb.so")
	path := flag.String("path", "", "directory of the data")
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	flag.Parse()
	if err := run(*lib, *path, *address); err != nil {
		fmt.Fprintln(os.Stderr, "bridge:", err)
		os.Exit(1)
	}
}

func run(lib, path, address string) error {
	engine, err := openEngine(lib, path)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go accept(listener, engine)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func accept(listener net.Listener, e *engine) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "bridge:", err)
			os.Exit(1)
		}
		go func() {
			defer conn.Close()
			if err := serve(conn, e); err != nil {
				fmt.Fprintln(os.Stderr, "bridge:", err)
			}
		}()
	}
}
