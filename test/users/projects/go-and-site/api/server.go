package main

import "net/http"

func main() {
	http.Handle("/api/graphql", http.NotFoundHandler())
	http.ListenAndServe(":80", nil)
}
