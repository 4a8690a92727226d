package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/generator"
)

// node is a file or a directory of a tree to draw. A node without children is a file.
type node struct {
	name     string
	children []*node
	files    int // number of files below this directory
}

// newNode returns the root of the tree. Directories come first, then files, each sorted by name.
func newNode(name string, tree generator.Tree) *node {
	root := &node{name: name}
	for _, f := range tree {
		at := root
		for part := range strings.SplitSeq(f.Path, "/") {
			at.files++
			at = at.child(part)
		}
	}
	root.sort()
	return root
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	c := &node{name: name}
	n.children = append(n.children, c)
	return c
}

func (n *node) sort() {
	slices.SortFunc(n.children, func(a, b *node) int {
		if d := min(len(b.children), 1) - min(len(a.children), 1); d != 0 {
			return d
		}
		return strings.Compare(a.name, b.name)
	})
	for _, c := range n.children {
		c.sort()
	}
}

// draw returns the whole tree, with one line per file and directory.
func (n *node) draw() string {
	var b strings.Builder
	b.WriteString(n.name + "/\n")
	n.drawChildren(&b, "")
	return b.String()
}

func (n *node) drawChildren(b *strings.Builder, indent string) {
	for i, c := range n.children {
		branch, below := "├── ", "│   "
		if i == len(n.children)-1 {
			branch, below = "└── ", "    "
		}
		b.WriteString(indent + branch + c.name)
		if len(c.children) > 0 {
			b.WriteString("/")
		}
		b.WriteString("\n")
		c.drawChildren(b, indent+below)
	}
}

// outline returns the top level of the tree in at most the given number of lines, in columns that fit the width. Each
// directory has the number of its files. The last entry counts the entries that do not fit.
func (n *node) outline(width, lines int) []string {
	var entries []string
	for _, c := range n.children {
		if len(c.children) == 0 {
			entries = append(entries, c.name)
			continue
		}
		entries = append(entries, fmt.Sprintf("%s/ %d", c.name, c.files))
	}
	column := 0
	for _, e := range entries {
		column = max(column, len(e)+3)
	}
	columns := max(1, (width-2)/max(column, 1))
	if room := columns * max(lines, 1); len(entries) > room {
		left := len(entries) - room + 1
		entries = append(entries[:room-1], fmt.Sprintf("… %d more", left))
	}
	rows := (len(entries) + columns - 1) / columns
	out := make([]string, rows)
	for i, e := range entries {
		row := i % rows
		if i/rows > 0 {
			out[row] += strings.Repeat(" ", max(0, i/rows*column-len([]rune(out[row]))))
		}
		out[row] += e
	}
	return out
}
