//! The AppArmor profile that is shipped, for the place where this binary lies.

/// The shipped profile, and the place of the binary that it names.
const APPARMOR: &str = include_str!("../../../../../packaging/apparmor/wardline");
const INSTALLED: &str = "/usr/local/bin/wardline";

/// The profile for a binary at another place. AppArmor reads a quoted path as it is, but for patterns and quotes.
pub(super) fn profile_for(binary: &str) -> String {
    let mut path = String::new();
    for character in binary.chars() {
        if "\\\"*?[]{}^@".contains(character) {
            path.push('\\');
        }
        path.push(character);
    }
    APPARMOR.replace(&format!("profile wardline {INSTALLED} "), &format!("profile wardline \"{path}\" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_profile_names_the_installed_binary_and_grants_user_namespaces_only() {
        let rules: Vec<&str> = APPARMOR
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert_eq!(
            rules,
            [
                "abi <abi/4.0>,",
                "include <tunables/global>",
                "profile wardline /usr/local/bin/wardline flags=(unconfined) {",
                "userns,",
                "include if exists <local/wardline>",
                "}",
            ]
        );
    }

    #[test]
    fn the_printed_profile_names_the_binary_where_it_lies() {
        let table = [
            ("/opt/my tools/wardline", "profile wardline \"/opt/my tools/wardline\" flags=(unconfined) {"),
            ("/a/{b}*/wardline", "profile wardline \"/a/\\{b\\}\\*/wardline\" flags=(unconfined) {"),
        ];
        for (binary, line) in table {
            let profile = profile_for(binary);
            assert!(profile.contains(line), "{profile}");
            assert!(!profile.contains(&format!("profile wardline {INSTALLED}")), "{profile}");
        }
    }
}
