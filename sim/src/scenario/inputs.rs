//! What a scenario was made of, to be kept beside its results: its text and the files that it names.
//!
//! A kept scenario is the same bytes, and finds the kept files first: those with a name lie in
//! `platforms/` and `prices/` beside it, those with a path in `files/`, under a plain name that is
//! made of the path.

use super::Scenario;
use super::data::Sort;
use std::path::{Component, Path, PathBuf};

/// The folder of files that a scenario names by a path.
const FILES: &str = "files";

/// The file beside a scenario that a path is kept as, `/` between the parts.
pub fn of_path(path: &str) -> String {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        Component::ParentDir => Some("up".to_owned()),
        Component::RootDir | Component::Prefix(_) => Some("root".to_owned()),
        Component::CurDir => None,
    };
    let parts: Vec<String> = Path::new(path).components().filter_map(part).collect();
    format!("{FILES}/{}", parts.join("_"))
}

/// The kept file for a path that a scenario names, if there is one.
pub fn find(scenario: &Path, path: &str) -> Option<PathBuf> {
    let kept = scenario.with_file_name(of_path(path));
    kept.is_file().then_some(kept)
}

impl Scenario {
    /// The scenario's text and the files that it names, with their places beside each other; the
    /// scenario first.
    pub fn inputs(&self) -> Vec<(String, &str)> {
        let mut inputs = vec![(format!("{}.toml", self.name), self.text.as_str())];
        let sorts = [
            (Sort::Platform, &self.platforms),
            (Sort::Prices, &self.prices),
        ];
        for (sort, files) in sorts {
            let place = |name: &String| match name.ends_with(".toml") {
                true => of_path(name),
                false => format!("{}/{name}.toml", sort.folder()),
            };
            inputs.extend(files.iter().map(|(name, file)| (place(name), &*file.text)));
        }
        let encoders = self.encoders.iter();
        inputs.extend(encoders.map(|(name, file)| (of_path(name), &*file.text)));
        inputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_kept_under_a_plain_name() {
        assert_eq!(of_path("mine.toml"), "files/mine.toml");
        assert_eq!(of_path("./a/mine.toml"), "files/a_mine.toml");
        assert_eq!(of_path("../a/mine.toml"), "files/up_a_mine.toml");
        assert_eq!(of_path("/a/mine.toml"), "files/root_a_mine.toml");
    }
}
