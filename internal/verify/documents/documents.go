// Package documents runs the commands in a Markdown document and checks what the
// document says about its project. A test fails when a document is out of date.
//
// The language of a fenced block determines how it is used:
//
//   - sh: bash runs the blocks in order, in one shell, so cd and variables carry
//     over. A block whose last line is a key of servers in Script runs in the
//     background until the document ends. The next block starts when the URL of
//     the server answers. The exit code of a server is ignored, because make
//     fails when a signal stops it.
//   - bash: not run, because it needs a cluster, production or a person. Every
//     name in it must exist in the project: see Project.Check and Unrun.
//   - diff: applied with git apply.
//   - any other language: written to a file if the paragraph above ends with a
//     colon. The file is the last name in backquotes in that paragraph.
package documents

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Block is one fenced block of a document.
type Block struct {
	// Lang is the info string, such as "sh".
	Lang string
	// Text is the content, each line with its newline.
	Text string
	// File is the path that the paragraph above names; empty if none.
	File string
	// Line is the line number of the first line of Text.
	Line int
}

var announced = regexp.MustCompile("`([^`\\s]+)`[^`]*:$")

// Blocks returns the fenced blocks of a document in order. An unclosed block is
// an error.
func Blocks(document string) ([]Block, error) {
	var (
		blocks    []Block
		paragraph string
		open      *Block
	)
	for i, line := range strings.Split(document, "\n") {
		switch fence, isFence := strings.CutPrefix(line, "```"); {
		case isFence && open == nil:
			open = &Block{Lang: strings.TrimSpace(fence), Line: i + 2}
			if m := announced.FindStringSubmatch(strings.TrimSpace(paragraph)); m != nil {
				open.File = m[1]
			}
		case isFence:
			blocks = append(blocks, *open)
			open, paragraph = nil, ""
		case open != nil:
			open.Text += line + "\n"
		case strings.TrimSpace(line) != "":
			paragraph += " " + line
		case !strings.HasSuffix(strings.TrimSpace(paragraph), ":"):
			paragraph = ""
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: the fenced block is not closed", open.Line-1)
	}
	return blocks, nil
}

// Changes reports whether the blocks of a document, other than commands, change
// files of the project.
func Changes(blocks []Block) bool {
	return slices.ContainsFunc(blocks, func(b Block) bool {
		return b.Lang == "diff" || b.File != "" && b.Lang != "sh" && b.Lang != "bash"
	})
}

// Script returns one bash script for the blocks. It stops at the first failing
// command and reports its line in the document. servers maps the last line of a
// block that starts a server to the URL of that server. The server is ready when
// the URL answers with any HTTP status. SIGTERM stops it at the end.
func Script(name string, blocks []Block, servers map[string]string) string {
	var b strings.Builder
	b.WriteString(prologue)
	for _, block := range blocks {
		at := fmt.Sprintf("%s:%d", name, block.Line)
		switch {
		case block.Lang == "sh":
			writeShell(&b, at, block.Text, servers)
		case block.Lang == "diff":
			fmt.Fprintf(&b, "at=%q\ngit apply --whitespace=error-all <<'END_OF_BLOCK'\n%sEND_OF_BLOCK\n", at, block.Text)
		case block.File != "" && block.Lang != "bash":
			fmt.Fprintf(&b, "at=%q\nmkdir -p \"$(dirname %q)\"\ncat >%q <<'END_OF_BLOCK'\n%sEND_OF_BLOCK\n", at, block.File, block.File, block.Text)
		}
	}
	b.WriteString("at='stopping the servers'\nstop_servers\n")
	return b.String()
}

const prologue = `set -euo pipefail
at=start pids=()
stop_servers() {
  local pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" || true; done
  pids=()
}
trap 'code=$?; for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done; [ $code = 0 ] || echo "failed at $at (exit $code)" >&2' EXIT
wait_for() { # URL PID
  local tries=0
  until curl -sS -o /dev/null --max-time 2 "$1" 2>/dev/null; do
    kill -0 "$2" 2>/dev/null || { echo "the server ended before $1 answered" >&2; return 1; }
    tries=$((tries + 1)); [ $tries -lt 3000 ] || { echo "$1 does not answer" >&2; return 1; }
    sleep 0.1
  done
}
`

func writeShell(b *strings.Builder, at, text string, servers map[string]string) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	url, keepsRunning := servers[last]
	if !keepsRunning {
		fmt.Fprintf(b, "at=%q\n%s", at, text)
		return
	}
	fmt.Fprintf(b, "at=%q\n%s\nexec_server() { exec %s; }\nexec_server &\npids+=($!)\nwait_for %q $!\n",
		at, strings.Join(lines[:len(lines)-1], "\n"), last, url)
}
