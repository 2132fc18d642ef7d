package shop

import (
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
)

type Store struct {
	db   *sql.DB
	root string
}

type filter struct {
	column, value string
}

func (s *Store) byName(name string) (*sql.Rows, error) {
	query := "select * from items where name = '" + name + "'"
	// ruleid: go.sql-injection
	return s.db.Query(query)
}

func (s *Store) Search(w http.ResponseWriter, r *http.Request) {
	if _, err := s.byName(r.URL.Query().Get("name")); err != nil {
		http.Error(w, "no such item", http.StatusNotFound)
	}
}

func (s *Store) Sorted(w http.ResponseWriter, r *http.Request) {
	var text strings.Builder
	text.WriteString("select * from items order by ")
	text.WriteString(r.FormValue("by"))
	// ruleid: go.sql-injection
	s.db.QueryContext(r.Context(), text.String())
}

func (s *Store) SortedByList(w http.ResponseWriter, r *http.Request) {
	column := "name"
	switch r.FormValue("by") {
	case "price":
		column = "price"
	}
	// ok: go.sql-injection
	s.db.QueryContext(r.Context(), "select * from items order by "+column)
}

func (s *Store) Bound(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "name")
	// ok: go.sql-injection
	s.db.Exec("delete from items where name = $1", name)
}

func (s *Store) ByNumber(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(chi.URLParam(r, "id"))
	if err != nil {
		return
	}
	// ok: go.sql-injection
	s.db.QueryRow(fmt.Sprintf("select * from items where id = %d", id))
}

func (s *Store) Filtered(c *gin.Context) {
	f := filter{column: "name", value: c.Query("q")}
	// ok: go.sql-injection
	s.db.Query("select * from items where " + f.column + " is not null")
	// ruleid: go.sql-injection
	s.db.Query("select * from items where name = '" + f.value + "'")
}

func Greet(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	// ruleid: go.xss
	fmt.Fprintf(w, "<h1>%s</h1>", name)
	// ok: go.xss
	fmt.Fprintf(w, "<h1>%s</h1>", html.EscapeString(name))
	// ok: go.xss
	fmt.Fprintf(os.Stdout, "greeted %s", name)
}

func Card(c *gin.Context) template.HTML {
	// ruleid: go.xss
	return template.HTML("<b>" + c.Param("title") + "</b>")
}

func Ping(w http.ResponseWriter, r *http.Request) {
	host := r.FormValue("host")
	// ruleid: go.command-injection
	exec.Command("sh", "-c", "ping -c1 "+host).Run()
	// ok: go.command-injection
	exec.Command("ping", "-c1", "example.org").Run()
}

func Resize(r *http.Request) {
	width, err := strconv.ParseUint(r.FormValue("width"), 10, 16)
	if err == nil {
		// ok: go.command-injection
		exec.Command("convert", "in.png", "-resize", fmt.Sprint(width), "out.png").Run()
	}
}

func (s *Store) Download(w http.ResponseWriter, r *http.Request) {
	path := filepath.Join(s.root, r.URL.Query().Get("file"))
	// ruleid: go.path-traversal
	data, err := os.ReadFile(path)
	if err == nil {
		log.Print(len(data))
	}
}

func (s *Store) DownloadName(w http.ResponseWriter, r *http.Request) {
	name := filepath.Base(r.URL.Query().Get("file"))
	// ok: go.path-traversal
	http.ServeFile(w, r, filepath.Join(s.root, name))
}

func (s *Store) DownloadLocal(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("file")
	if !filepath.IsLocal(name) {
		http.NotFound(w, r)
		return
	}
	// ok: go.path-traversal
	http.ServeFile(w, r, filepath.Join(s.root, name))
}

func Leave(w http.ResponseWriter, r *http.Request) {
	next := r.FormValue("next")
	// ruleid: go.open-redirect
	http.Redirect(w, r, next, http.StatusFound)
}

func Stay(w http.ResponseWriter, r *http.Request) {
	// ok: go.open-redirect
	http.Redirect(w, r, "/items", http.StatusFound)
}

func Fetch(w http.ResponseWriter, r *http.Request) {
	// ruleid: go.ssrf
	http.Get(r.FormValue("feed"))
	// ok: go.ssrf
	http.Get("https://example.org/feed")
}

func Logged(r *http.Request) {
	// ruleid: go.log-injection
	log.Printf("agent %s", r.Header.Get("User-Agent"))
	// ok: go.log-injection
	log.Printf("agent %s", strconv.Quote(r.Header.Get("User-Agent")))
}

func client() *http.Client {
	// ruleid: go.tls-verification
	loose := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}
	// ok: go.tls-verification
	strict := &tls.Config{MinVersion: tls.VersionTLS12}
	_ = strict
	return &http.Client{Transport: &http.Transport{TLSClientConfig: loose}}
}

type order struct {
	Name string `json:"name"`
}

func (s *Store) Decoded(w http.ResponseWriter, r *http.Request) {
	var o order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		return
	}
	// ruleid: go.sql-injection
	s.db.Exec("delete from orders where name = '" + o.Name + "'")
	// ok: go.sql-injection
	s.db.Exec("delete from orders where name = ?", o.Name)
}

func (s *Store) Given(c *gin.Context) {
	var o order
	if c.ShouldBindJSON(&o) != nil {
		return
	}
	// ruleid: go.path-traversal
	os.Remove(filepath.Join(s.root, o.Name))
}

func (s *Store) Built(r *http.Request) {
	var text strings.Builder
	text.WriteString("select * from items")
	if r.FormValue("all") == "" {
		text.WriteString(" where open")
	}
	// ok: go.sql-injection
	s.db.Query(text.String())
}

func (s *Store) Scanned(r *http.Request) {
	var path string
	s.db.QueryRow("select path from files where id = $1", r.FormValue("id")).Scan(&path)
	// ok: go.path-traversal
	os.Remove(path)
}

func (s *Store) Cleaned(w http.ResponseWriter, r *http.Request) {
	name := filepath.Clean(r.FormValue("file"))
	// ruleid: go.path-traversal
	os.Remove(filepath.Join(s.root, name))
	rooted := filepath.Clean("/" + r.FormValue("file"))
	// ok: go.path-traversal
	os.Remove(filepath.Join(s.root, rooted))
	path := filepath.Join(s.root, r.FormValue("file"))
	if strings.HasPrefix(path, s.root+"/") {
		// ok: go.path-traversal
		os.Remove(path)
	}
}

type job struct {
	db   *sql.DB
	name string
}

func (j *job) Run() {
	go func() {
		// ruleid: go.sql-injection
		j.db.Exec("delete from jobs where name = '" + j.name + "'")
	}()
}

func Start(w http.ResponseWriter, r *http.Request, db *sql.DB) {
	j := &job{db: db, name: r.FormValue("name")}
	j.Run()
}
