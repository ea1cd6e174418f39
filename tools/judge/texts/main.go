// Command texts asks Kubernetes' parsers and formatters about the texts in src/api/testdata/texts.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"strings"
)

type record struct {
	Text   string `json:"text"`
	Answer any    `json:"answer"`
}

type failure struct {
	Error string `json:"error"`
}

var asked = map[string]func(text string) any{
	"addresses": addresses, "durations": durations, "field-selectors": fieldSelectors,
	"label-selectors": labelSelectors, "names": names, "quantities": quantities,
}

func main() {
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.json"))
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		if err := rewrite(file, asked[strings.TrimSuffix(filepath.Base(file), ".json")]); err != nil {
			log.Fatalf("%s: %v", file, err)
		}
	}
	list, err := json.MarshalIndent(messages, "", " ")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(os.Args[1], "..", "name-messages.json"), append(list, '\n'), 0o644); err != nil {
		log.Fatal(err)
	}
}

func rewrite(file string, ask func(string) any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var records []record
	if err := json.Unmarshal(text, &records); err != nil {
		return err
	}
	var out bytes.Buffer
	for index, one := range records {
		out.WriteString(map[bool]string{true: "[\n", false: ",\n"}[index == 0])
		line := json.NewEncoder(&out)
		line.SetEscapeHTML(false)
		if err := line.Encode(record{one.Text, ask(one.Text)}); err != nil {
			return err
		}
		out.Truncate(out.Len() - 1)
	}
	out.WriteString("\n]\n")
	return os.WriteFile(file, out.Bytes(), 0o644)
}
