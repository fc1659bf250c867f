// What other tools keep of the commits after v1.0.0, for each repository named: a line of JSON each.
// {tool: [hashes that it lists]}; of the analyser the kind of release that it asks for.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConventionalGitClient } from "@conventional-changelog/git-client";
import { analyzeCommits } from "@semantic-release/commit-analyzer";
import angular from "conventional-changelog-angular";

const here = dirname(fileURLToPath(import.meta.url));
const quiet = { log() {}, error() {}, info() {}, warn() {} };
const [range, cliff, config, ...folders] = process.argv.slice(2);
const program = (name) => join(here, "node_modules", ".bin", name);

function run(folder, command, ...words) {
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  return execFileSync(command, words, options);
}

function log(folder) {
  const out = run(folder, "git", "log", "-z", "--format=%H%n%B", `${range}..HEAD`);
  return out.split("\0").filter(Boolean).map((each) => {
    const [hash, ...lines] = each.split("\n");
    return { hash, message: lines.join("\n").trim() };
  });
}

async function conventional(folder) {
  const client = new ConventionalGitClient(folder);
  const found = [];
  const chosen = { from: range, filterReverts: true, format: "%B%n-hash-%n%H" };
  const { parser } = await angular();
  for await (const commit of client.getCommits(chosen, parser)) found.push(commit.hash);
  return found;
}

async function analysed(folder) {
  // the feature that every repository begins with says nothing about the case
  const commits = log(folder).filter(({ message }) => message !== "feat: paint the house");
  return await analyzeCommits({}, { cwd: folder, commits, logger: quiet });
}

for (const folder of folders) {
  const hashes = log(folder).map((each) => each.hash);
  const whole = (short) => hashes.find((each) => each.startsWith(short));
  // changelogen ends a line with the number of the pull request, or else with the hash
  const ends = new Map(
    log(folder).map(({ hash, message }) => [
      hash, message.split("\n")[0].match(/\(#\d+\)$/)?.[0] ?? `(${hash.slice(0, 7)})`,
    ]),
  );
  const listed = (text) => {
    const lines = text.split("\n");
    return hashes.filter((each) => lines.some((line) => line.endsWith(ends.get(each))));
  };
  const auto = JSON.parse(
    run(folder, program("auto-changelog"), "-u", "--template", "json", "--stdout", "--commit-limit", "false"),
  )[0];
  const merged = auto.merges.map((each) => each.commit?.hash ?? each.hash).map(whole);
  console.log(JSON.stringify({
    "git-cliff": run(folder, cliff, "-c", config, `${range}..HEAD`).split("\n").filter(Boolean),
    "conventional-changelog": await conventional(folder),
    "commit-analyzer": await analysed(folder),
    "changelogen": listed(run(folder, program("changelogen"), `--from=${range}`, "--to=HEAD")),
    "auto-changelog": [...auto.commits.map((each) => each.hash), ...merged],
  }));
}
