package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"time"
)

// record is one case, one line of a file. All but Upstream is written by hand.
type record struct {
	Title  string          `json:"title"`
	Op     string          `json:"op"` // create, update, status or table
	Object json.RawMessage `json:"object"`
	Old    json.RawMessage `json:"old,omitempty"`
	// Why this project answers otherwise, and its causes or object.
	Why      string          `json:"why,omitempty"`
	Ours     json.RawMessage `json:"ours,omitempty"`
	Upstream *answer         `json:"upstream,omitempty"`
}

type answer struct {
	// Type, field and message.
	Causes   [][3]string     `json:"causes,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Object   json.RawMessage `json:"object,omitempty"`
	// Name, type, format and priority of each column, and the one row.
	Columns []any  `json:"columns,omitempty"`
	Cells   []any  `json:"cells,omitempty"`
	Error   string `json:"error,omitempty"`
}

func readRecords(path string) ([]record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var records []record
	return records, json.Unmarshal(text, &records)
}

func writeRecords(path string, records []record) error {
	var out bytes.Buffer
	for index, one := range records {
		out.WriteString(map[bool]string{true: "[\n", false: ",\n"}[index == 0])
		line := json.NewEncoder(&out)
		line.SetEscapeHTML(false)
		if err := line.Encode(one); err != nil {
			return err
		}
		out.Truncate(out.Len() - 1)
	}
	out.WriteString("\n]\n")
	return os.WriteFile(path, out.Bytes(), 0o644)
}

var ago = regexp.MustCompile(`"ago (-?\d+)(\.0{6})?s"`)

// Tables print ages: `ago 90s` stands for a time so long before now, `ago 90.000000s` for one with microseconds.
func withTimes(object json.RawMessage, now time.Time) json.RawMessage {
	return ago.ReplaceAllFunc(object, func(text []byte) []byte {
		parts := ago.FindSubmatch(text)
		seconds, _ := strconv.Atoi(string(parts[1]))
		then := now.Add(-time.Duration(seconds) * time.Second).UTC()
		return []byte(then.Format(`"2006-01-02T15:04:05`) + string(parts[2]) + `Z"`)
	})
}
