package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// asCommand has the test's own program be the command.
const asCommand = "FEDERATE_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command is the command in a process of its own.
func command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Env = append(os.Environ(), asCommand+"=1")
	return c
}

// Four clients come, each a process, and one is killed before it can send. The round is closed at
// its deadline, and the end has the bits of one process without that client.
func TestProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("four processes")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	options := []string{"--method", "Head", "--rounds", "1", "--pictures", "2", "--deadline", "40s"}
	server := command(ctx, t, append(options, "--alone")...)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the server says nothing")
	}
	var address string
	if _, err := fmt.Sscanf(lines.Text(), "server on %s", &address); err != nil {
		t.Fatalf("%q: %v", lines.Text(), err)
	}
	address = strings.TrimSuffix(address, ",")
	clients := make([]*exec.Cmd, 4)
	for i := range clients {
		clients[i] = command(ctx, t, append(options, "--client", fmt.Sprint(i), "--server", address)...)
		if err := clients[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	if err := clients[1].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var text []string
	for lines.Scan() {
		text = append(text, lines.Text())
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server: %v", err)
	}
	for _, c := range clients {
		c.Wait() // one was killed
	}
	if len(text) != 2 || !strings.Contains(text[0], "missing [1]") || !strings.Contains(text[1], "the bits of the simulation") {
		t.Errorf("the server says %q", text)
	}
}

// SGPT itself, with groups, keys and counts, over four processes that the server starts: a round
// has the bits of the simulation. Each process compiles the network by itself, a minute and a half of
// computing in all, so that the test is asked for by MARGINALIA_LONG=1.
func TestSGPTOverProcesses(t *testing.T) {
	if os.Getenv("MARGINALIA_LONG") == "" {
		t.Skip("five processes that compile a network: MARGINALIA_LONG=1 runs it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out, err := command(ctx, t, "--method", "SGPT", "--rounds", "1", "--pictures", "1", "--deadline", "4m").Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if text := string(out); strings.Count(text, "missing []") != 1 || !strings.Contains(text, "the bits of the simulation") {
		t.Errorf("the server says %q", text)
	}
}

func TestMistakes(t *testing.T) {
	for want, args := range map[string][]string{
		"no method":         {"--method", "Nobody"},
		"unknown argument":  {"nobody"},
		"this machine":      {"--method", "Head", "--pictures", "1", "--server", "0.0.0.0:0", "--alone"},
		"asked for":         {"--pictures", "100000"},
		"there is no clien": {"--method", "Head", "--client", "7", "--pictures", "1"},
	} {
		out, err := command(context.Background(), t, args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: want an error with %q, found %v: %s", args, want, err, out)
		}
	}
}
