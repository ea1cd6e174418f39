// Command judge asks Kubernetes' own code what it answers to the cases in src/api/testdata/kinds and writes the answers there.
package main

import (
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.json"))
	if err != nil {
		log.Fatal(err)
	}
	known := strategies()
	for _, file := range files {
		resource := strings.TrimSuffix(filepath.Base(file), ".json")
		judged, ok := known[resource]
		if !ok {
			log.Fatalf("%s: no strategy", file)
		}
		records, err := readRecords(file)
		if err != nil {
			log.Fatalf("%s: %v", file, err)
		}
		for index := range records {
			records[index].Upstream = judge(judged, &records[index])
		}
		if err := writeRecords(file, records); err != nil {
			log.Fatal(err)
		}
	}
}
