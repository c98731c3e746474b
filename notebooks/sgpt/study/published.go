package study

import (
	"github.com/marginalia-ml/marginalia/pkg/federated"
	"github.com/marginalia-ml/marginalia/pkg/model"
)

// Base is ViT-B/16, of one channel, which no prompt can tell from three.
var Base = model.ViT{Height: 224, Width: 224, Patch: 16, Layers: 12, Dim: 768, Heads: 12, Hidden: 3072, Classes: 21843}

// Published is the authors' layout: a shared token before each of the first blocks, then one of
// each group before each of the next.
func Published(shared, group, groups int) federated.Method {
	return federated.Method{Name: "SGPT", Shared: federated.Blocks(0, shared, 1), Group: federated.Blocks(shared, shared+group, 1),
		Groups: groups, Query: Base.Layers, GroupMomentum: 0.5, KeyMomentum: 0.5}
}
