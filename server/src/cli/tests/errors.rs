//! What went wrong, where, and what to do: in both languages.

use super::*;

/// Types a command in both languages; what each says.
async fn fails(office: &Office, line: &str) -> (String, String) {
    let mut said = Vec::new();
    for lang in ["zh", "en"] {
        said.push(office.types(&format!("--lang {lang} {line}")).await.unwrap_err());
    }
    let en = said.pop().unwrap();
    (said.pop().unwrap(), en)
}

#[tokio::test]
async fn every_failure_names_its_place_and_says_what_to_do() {
    let office = Office::new();
    office.types(CASELOAD).await.unwrap();
    let path = |name: &str| office.dir.path().join(name).display().to_string();
    let write = |name: &str, text: &str| {
        std::fs::write(office.dir.path().join(name), text).unwrap();
        path(name)
    };
    let (garbage, nowhere) =
        (write("garbage", "nothing that anybody knows, but long enough to be looked at\n"), path("no/x"));
    let audit = path("audit");
    office.types(&format!("checkpoint --to {audit}")).await.unwrap();
    office.types(&format!("checkpoint --to {audit}")).await.unwrap();
    let lines = std::fs::read_to_string(&audit).unwrap();
    let (first, second) = lines.split_once('\n').unwrap();
    let changed = write("changed", &format!("{first}\n{}", second.replace("payload", "plaoyad")));
    let twice = write("twice", &format!("{first}\n{first}\n"));
    let unknown = write("unknown.toml", "lang = 'en'\nlissten = '127.0.0.1:1'\n");
    let unquoted = write("unquoted.toml", "listen = localhost\n");
    let out_of_range = write("range.toml", "[access]\ntoken_minutes = -5\n");
    let rules = office.dir.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    std::fs::write(rules.join("manifest.toml"), "[manifest]\nversoin = 3\n").unwrap();
    let rules = rules.display().to_string();

    let there = "没有这个文件或目录,请核对路径";
    for (line, place, zh, en) in [
        (format!("backup {nowhere}"), &nowhere, there, "check the path"),
        (format!("backup {nowhere} --keep 2"), &nowhere, "没有这个目录", "a directory that is there"),
        (format!("backup --check {nowhere}"), &nowhere, there, "check the path"),
        (format!("backup --check {garbage}"), &garbage, "这不是 Doorstep 的备份", "not a backup of Doorstep"),
        (
            format!("restore {garbage} --without-register"),
            &garbage,
            "这不是 Doorstep 的备份",
            "not a backup of Doorstep",
        ),
        (format!("verify --against {nowhere}"), &nowhere, there, "check the path"),
        (format!("verify --against {changed}"), &changed, "第 2 行不是本系统的检查点", "line 2 is not a checkpoint"),
        (format!("verify --against {twice}"), &twice, "第 2 行与上一行接不上", "line 2 does not follow"),
        (format!("checkpoint --to {nowhere}"), &nowhere, there, "check the path"),
        (format!("--config {unknown} verify"), &unknown, "第 2 行有误:不认识的名称 `lissten`;可用:", "line 2"),
        (
            format!("--config {unquoted} verify"),
            &unquoted,
            "第 1 行有误:缺少值或逗号,或文字没有加引号",
            "config.example.toml",
        ),
        (
            format!("--config {out_of_range} verify"),
            &out_of_range,
            "第 2 行有误:这里写的是整数 `-5`,超出范围",
            "line 2",
        ),
        (format!("--config {nowhere} verify"), &nowhere, there, "check the path"),
        (format!("--database {garbage} verify"), &garbage, "这个文件不是数据库", "this file is not a database"),
        (format!("--database {nowhere} verify"), &nowhere, "打不开数据库文件,请核对路径", "check its path"),
        (format!("import premises {garbage}"), &garbage, "没有找到表头", "no header found"),
        (format!("policy check {nowhere}"), &nowhere, there, "check the path"),
    ] {
        let said = fails(&office, &line).await;
        assert!(said.0.contains(zh), "{line}: {}", said.0);
        assert!(said.1.contains(en), "{line}: {}", said.1);
        assert!(said.0.contains(place) && said.1.contains(place), "{line}: {said:?}");
    }
    let (zh, _) = fails(&office, &format!("policy check {rules}")).await;
    assert!(zh.contains("manifest.toml") && zh.contains("第2行有误:不认识的名称 `versoin`"), "{zh}");

    // What it stands on: the register, and the key.
    let register = write("data/register", "{\"n\":1}\n");
    let (zh, en) = fails(&office, &format!("backup {}", path("whole"))).await;
    assert!(zh.contains(&register) && zh.contains("第 1 行被改动过") && zh.contains("请放回"), "{zh}");
    assert!(en.contains(&register) && en.contains("put back"), "{en}");
    std::fs::write(office.dir.path().join("data/doorstep.key"), "short").unwrap();
    let (zh, en) = fails(&office, "verify").await;
    assert!(zh.contains("doorstep.key") && zh.contains("64 个十六进制数字"), "{zh}");
    assert!(en.contains("64 hexadecimal digits"), "{en}");
}
