package shop;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.util.HtmlUtils;

@RestController
public class OrderController {
    private final JdbcTemplate jdbcTemplate;

    OrderController(JdbcTemplate jdbcTemplate) {
        this.jdbcTemplate = jdbcTemplate;
    }

    @GetMapping("/orders")
    public List<Order> find(@RequestParam("status") String status) {
        // ruleid: java.sql-injection
        return jdbcTemplate.query("SELECT * FROM orders WHERE status = '" + status + "'", mapper());
    }

    @GetMapping("/orders-safe")
    public List<Order> findSafe(@RequestParam String status) {
        // ok: java.sql-injection
        return jdbcTemplate.query("SELECT * FROM orders WHERE status = ?", mapper(), status);
    }

    @GetMapping("/orders/{id}")
    public Order one(int page, @PathVariable Long id, @RequestHeader("X-Tenant") String tenant) {
        // ruleid: java.sql-injection
        return jdbcTemplate.queryForObject("SELECT * FROM " + tenant + ".orders WHERE id = 1", mapper());
    }

    public void search(HttpServletRequest request, Connection connection) throws Exception {
        String sql = "SELECT * FROM items WHERE name = '" + request.getParameter("name") + "'";
        // ruleid: java.sql-injection
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.execute();
    }

    public void page(HttpServletRequest request, Connection connection) throws Exception {
        int page = Integer.parseInt(request.getParameter("page"));
        // ok: java.sql-injection
        connection.prepareStatement("SELECT * FROM items LIMIT 20 OFFSET " + page * 20).execute();
    }

    public void run(HttpServletRequest request) throws IOException {
        // ruleid: java.command-injection
        Runtime.getRuntime().exec("ping " + request.getHeader("X-Host"));
    }

    public void runList(HttpServletRequest request) throws IOException {
        List<String> command = new ArrayList<>();
        command.add("convert");
        command.add(request.getParameter("file"));
        command.remove(1);
        // ok: java.command-injection
        new ProcessBuilder(command).start();
    }

    public void keyed(HttpServletRequest request) throws IOException {
        Map<String, String> values = new HashMap<>();
        values.put("fixed", "uptime");
        values.put("given", request.getParameter("command"));
        // ok: java.command-injection
        Runtime.getRuntime().exec(values.get("fixed"));
        // ruleid: java.command-injection
        Runtime.getRuntime().exec(values.get("given"));
    }

    public byte[] download(@RequestParam("name") String name) throws IOException {
        // ruleid: java.path-traversal
        return Files.readAllBytes(Paths.get("/srv/files", name));
    }

    public boolean exists(@RequestParam("id") String id) {
        // ok: java.path-traversal
        return new File("/srv/files/" + Integer.parseInt(id)).exists();
    }

    public void greet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // ruleid: java.xss
        response.getWriter().println("<b>" + new Names().tidy(request.getParameter("name")) + "</b>");
        // ok: java.xss
        response.getWriter().println("<b>" + HtmlUtils.htmlEscape(request.getParameter("name")) + "</b>");
        // ok: java.xss
        response.getWriter().println("<b>" + new Names().fixed(request.getParameter("name")) + "</b>");
    }

    public void leave(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // ruleid: java.open-redirect
        response.sendRedirect(request.getParameter("next"));
    }

    private class Names {
        String tidy(String name) {
            return trimmed(name);
        }

        String trimmed(String name) {
            return name.trim();
        }

        String fixed(String name) {
            return 7 * 6 > 40 ? "guest" : name;
        }
    }
}
