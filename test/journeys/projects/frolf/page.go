package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
)

// HTTP as far as a health check and a page need it.
func serve(port string) {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		fail("%v", err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			fail("%v", err)
		}
		go answer(connection)
	}
}

func answer(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	line, _ := reader.ReadString('\n')
	for header := line; strings.TrimSpace(header) != ""; header, _ = reader.ReadString('\n') {
	}
	status, body := page(strings.Fields(line + " / /")[1])
	fmt.Fprintf(connection, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(body), body)
}

func page(path string) (status, body string) {
	switch path {
	case "/ready":
		if !ready.Load() {
			return "503 Service Unavailable", `{"status":"not connected"}`
		}
	case "/readyz":
		if _, err := dial(); err != nil {
			return "503 Service Unavailable", `{"status":"no database"}`
		}
	}
	return "200 OK", fmt.Sprintf(`{"status":"ok","version":%q}`, version)
}
