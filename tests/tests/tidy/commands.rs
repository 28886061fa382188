//! The README shows commands that are understood, and every command explains itself with an example.

use doorstep::app::Surroundings;
use doorstep::cli::{Failure, World, run};

use crate::none;
use crate::tree::text;

/// What `doorstep WORDS… --help` prints, or what it does not understand of the words.
fn help(words: &[String]) -> Result<String, String> {
    let args = std::iter::once("doorstep").chain(words.iter().map(String::as_str)).chain(["--help"]);
    let world = World {
        env: Box::new(|name| (name == "DOORSTEP_LANG").then(|| "en".to_owned())),
        input: Box::new(std::io::empty()),
        output: Box::new(std::io::sink()),
        surroundings: Surroundings::of_machine(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match runtime.block_on(run(args.map(Into::into), world)) {
        Err(Failure::Usage(_, page)) if page.exit_code() == 0 => Ok(page.to_string()),
        Err(Failure::Usage(_, problem)) => Err(problem.to_string()),
        Err(Failure::Command(..)) | Ok(_) => Err("it ran instead of explaining itself".to_owned()),
    }
}

/// The lines of a page's `sh` blocks, without comments; a `\` at the end goes on in the next line.
fn lines(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let joined: String = blocks.collect::<String>().replace("\\\n", " ");
    joined.lines().map(|line| line.split(" # ").next().unwrap_or_default().trim().to_owned()).collect()
}

/// The words after the program's name, as a shell would take them apart; what is redirected is not the program's matter.
fn words(line: &str) -> Option<Vec<String>> {
    let rest = ["doorstep ", "cargo run --release -- "].iter().find_map(|program| line.strip_prefix(program))?;
    let rest = [" <", " >"].iter().fold(rest, |rest, mark| rest.split(mark).next().unwrap_or_default());
    let mut words = Vec::new();
    for (piece, n) in rest.split('\'').zip(0..) {
        if n % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    Some(words)
}

/// The commands that a help page lists.
fn listed(page: &str) -> Vec<String> {
    let section = page.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn the_readme_shows_commands_that_are_understood() {
    let shown = lines(&text("README.md"));
    for command in ["cargo run --release -- demo", "tests/run"] {
        assert!(shown.iter().any(|line| line == command), "the README shows {command}");
    }
    let commands: Vec<Vec<String>> = shown.iter().filter_map(|line| words(line)).collect();
    assert!(commands.len() > 5, "the README shows the way: {commands:?}");
    let problem = |words: &Vec<String>| Some(format!("doorstep {}: {}", words.join(" "), help(words).err()?));
    none(&commands.iter().filter_map(problem).collect::<Vec<_>>());
}

#[test]
fn every_command_explains_itself_with_an_example_that_is_understood() {
    let mut problems = Vec::new();
    let mut seen = 0;
    let mut next: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = next.pop() {
        seen += 1;
        let name = format!("doorstep {}", command.join(" "));
        let page = match help(&command) {
            Ok(page) => page,
            Err(problem) => {
                problems.push(format!("{name}: {problem}"));
                continue;
            }
        };
        let examples = page.split("\nExample:\n").nth(1).unwrap_or_default().replace("\\\n", " ");
        let examples: Vec<Vec<String>> = examples.lines().filter_map(|line| words(line.trim())).collect();
        if examples.is_empty() {
            problems.push(format!("{name} --help has no example"));
        }
        for example in &examples {
            problems.extend(help(example).err().map(|problem| format!("{name}: its example: {problem}")));
        }
        next.extend(listed(&page).into_iter().map(|sub| [command.clone(), vec![sub]].concat()));
    }
    assert!(seen > 10, "help lists its commands: {seen}");
    none(&problems);
}

#[test]
fn commands_are_taken_apart_as_a_shell_does() {
    let page = "```sh\ndoorstep desk add \\\n  --name '消防 窗口' --to X > out.txt # why\n```\ntext\n```sh\nls\ncargo run --release -- demo\n```";
    let commands: Vec<Vec<String>> = lines(page).iter().filter_map(|line| words(line)).collect();
    assert_eq!(commands, [vec!["desk", "add", "--name", "消防 窗口", "--to", "X"], vec!["demo"]]);
    assert!(help(&["no-such-command".to_owned()]).is_err());
    assert!(help(&["demo".to_owned(), "--no-such-option".to_owned()]).is_err());
    let page = "Usage\n\nCommands:\n  serve  Serves\n         longer\n  help   Print\n\nOptions:\n  -h  Help\n";
    assert_eq!(listed(page), ["serve"]);
}
