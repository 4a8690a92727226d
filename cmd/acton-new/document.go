package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
)

// document is the output of --json. Scripts depend on its keys: add keys, but never rename or remove one.
type document struct {
	Generator string            `json:"generator"`
	Name      string            `json:"name"`
	Module    string            `json:"module"`
	Branch    string            `json:"branch"`
	Features  []string          `json:"features"`
	Forced    map[string]string `json:"forced"` // features that were not chosen, and what requires them
	Values    map[string]string `json:"values"`
	Dir       string            `json:"dir"`
	DryRun    bool              `json:"dry_run"`
	Commit    string            `json:"commit"` // empty without a commit
	Command   string            `json:"command"`
	Hash      string            `json:"hash"` // hash of the tree, as in .acton-new.yaml
	Files     []documentFile    `json:"files"`
	Enclosing string            `json:"enclosing"` // repository around the project; empty if the project has its own
	Existing  map[string]string `json:"existing"`  // files that were in the directory: kept, merged or replaced
	NextSteps []string          `json:"next_steps"`
}

type documentFile struct {
	Path   string `json:"path"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

func (p project) document(w io.Writer) error {
	d := document{
		Generator: p.version, Name: p.plan.Answers.Name, Module: p.plan.Answers.Module, Branch: p.plan.Answers.Branch,
		Features: append([]string{}, p.plan.Answers.Features...), Forced: p.forced(), Values: p.plan.Answers.Values,
		Dir: p.req.absolute(), DryRun: p.result == nil, Command: p.commandLine(), Hash: p.tree.Hash(), NextSteps: p.nextSteps(),
		Enclosing: p.enclosing, Existing: map[string]string{},
	}
	if p.result != nil {
		d.Dir, d.Commit = p.result.Dir, p.result.Commit
	}
	for _, e := range p.existing {
		d.Existing[e.Path] = string(e.Action)
	}
	for _, f := range p.written {
		sum := sha256.Sum256(f.Data)
		d.Files = append(d.Files, documentFile{Path: f.Path, Size: len(f.Data), SHA256: hex.EncodeToString(sum[:])})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}
