package main

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	if err := check(""); err != nil {
		t.Error(err)
	}
	if err := check("go"); err != nil {
		t.Error(err)
	}
	if err := check("tpu"); err == nil || !strings.Contains(err.Error(), "cuda") {
		t.Errorf("error %v, want one that lists the backends", err)
	}
}
