//! Help in Chinese: every command and argument by name. A test walks the commands and misses none.

use clap::{Arg, ArgAction, Command};

/// What each command does, by its path below `doorstep`.
const COMMANDS: &[(&str, &str)] = &[
    ("", "离线优先的社区走访同步后台:记录、转办与答复"),
    ("serve", "运行服务"),
    ("demo", "在真实服务上演示一天:三名社工、督导、档案管理员、分拨员和三名经办"),
    ("admin", "档案组、窗口、人员、设备"),
    ("admin caseload", "档案组:一起分配、一起同步的档案"),
    ("admin caseload add", "新建档案组"),
    ("admin caseload list", "列出档案组和窗口"),
    ("admin desk", "部门窗口:转办单送达的地方"),
    ("admin desk add", "新建部门窗口"),
    ("admin desk list", "列出档案组和窗口"),
    ("admin desk credential", "窗口凭据:部门自己的系统凭它处理本窗口的转办单"),
    ("admin desk credential add", "为窗口新增部门系统凭据;密钥只显示这一次"),
    ("admin desk credential list", "列出窗口凭据及最近使用时间"),
    ("admin desk credential rotate", "更换密钥,只显示这一次;原密钥在一段时间内仍有效"),
    ("admin desk credential revoke", "立即停用一个凭据"),
    ("admin person", "人员:社工、督导、档案管理员、分拨员、经办、购买方"),
    ("admin person add", "新增人员;使用控制台的人员会得到一个只显示一次的密码"),
    ("admin person list", "列出所有人员"),
    ("admin person password", "更换密码,新密码只显示一次"),
    ("admin person disable", "立即停用一个人的全部访问"),
    ("admin person enable", "恢复一个人的访问"),
    ("admin assign", "让人员加入档案组或窗口,长期或一段时间"),
    ("admin handover", "在指定日期把一个人在档案组的位置交给另一个人,并列出未了事项"),
    ("admin term", "把档案组交给另一家承接机构一个期限,或为同一家续期"),
    ("admin planned", "列出档案组按日期将要发生的加入、离开和期限更替"),
    ("admin unassign", "让人员离开档案组或窗口"),
    ("admin enrol", "发放一次性手机注册码(文字和二维码)"),
    ("admin device", "已注册的手机"),
    ("admin device list", "列出所有手机及异常"),
    ("admin device revoke", "停用一部手机:未上传内容进入待审区,随后通知其清除数据"),
    ("admin duty", "警报值守:档案组的警报通知谁"),
    ("admin duty add", "指定警报通知的人:第一值守人、副手或购买方"),
    ("admin duty remove", "取消指定"),
    ("admin duty list", "列出各档案组的警报现在通知谁、指定了谁"),
    ("admin webhook", "投递地址:警报和转办单通知发往何处"),
    ("admin webhook add", "新增投递地址;签名密钥只显示这一次"),
    ("admin webhook list", "列出投递地址及送达情况"),
    ("admin webhook remove", "移除投递地址;尚未送达的不再发送"),
    ("admin webhook rotate", "更换签名密钥,只显示这一次;原密钥在一段时间内并用"),
    ("admin webhook test", "立即发送一次测试并说明结果"),
    ("admin delivery", "投递:发出了什么、什么没有送达"),
    ("admin delivery list", "列出未送达(或指定状态)的投递"),
    ("admin delivery replay", "重新发送未送达的投递,编号不变"),
    ("import", "读取各单位的台账表格"),
    ("import premises", "读取店铺台账(CSV 或 XLSX);同一文件再次导入不会改变任何内容"),
    (
        "import elders",
        "读取长者名册(CSV 或 XLSX),含住处和联系人;身份证号只留加密摘要和后四位;同一文件再次导入不会改变任何内容",
    ),
    ("generate", "生成一份可导入的虚构台账"),
    ("policy", "检查表、规则、时限"),
    ("policy check", "读取政策,运行规则示例,指出全部问题"),
    ("report", "一天的数字,供核对和交代"),
    ("report day", "从日志统计一天的工作,每个数字都附事件清单"),
    ("status", "查看整体状况;有红色问题时以 1 退出"),
    ("verify", "从日志重新推导全部结果,与存储内容比对"),
    ("erase", "按本人要求删除长者的全部内容(个人信息保护法第四十七条):销毁密钥,通知手机清除"),
    ("checkpoint", "为所有日志此刻的状态签名,存放在别处:日志被截断或重写即可发现"),
    ("backup", "把某一刻的全部内容写入一个加密文件,服务照常运行;或检查这样的文件"),
    ("restore", "把备份恢复到空数据库,并开始新纪元:手机会重传备份中没有的内容"),
    ("migrate-database", "把整个系统迁移到另一个空数据库(SQLite 或 PostgreSQL),并逐一比对"),
    ("openapi", "输出接口文档(OpenAPI 3.1)"),
];

/// What each argument means, by its id.
const ARGUMENTS: &[(&str, &str)] = &[
    ("lang", "输出语言;不指定则随系统"),
    ("config", "配置文件;不指定则读取 ./doorstep.toml(如有)"),
    ("database", "数据库:PostgreSQL 网址或文件;不指定则按配置"),
    ("exit", "演示结束后退出;否则服务保持运行,直到按 Ctrl-C"),
    ("report", "把结果写成 JSON 文件"),
    ("without", "略去一步:这一天应当失败"),
    ("prefix", "转办编号的前缀:两到六个大写字母"),
    ("name", "名称或姓名"),
    ("programme", "所属的购买服务项目"),
    ("community", "社区"),
    ("owner", "所属街道"),
    ("operator", "承接机构;转办单上作为联系方"),
    ("from", "期限的第一天"),
    ("to", "期限的最后一天"),
    ("until", "临时顶岗的最后一天;到期自动离开"),
    ("covers", "顶替谁:其用户名"),
    ("handover_from", "离开者的用户名"),
    ("handover_to", "接手者的用户名"),
    ("on", "交接的日期,从当天零时起"),
    ("people", "新机构人员的用户名,以逗号分隔;期限开始时按各自角色加入"),
    ("caseload", "档案组或窗口:前缀、部门代码或编号"),
    ("dept", "政策中的部门代码"),
    ("login", "用户名"),
    (
        "role",
        "角色:worker 社工、supervisor 督导、steward 档案管理员、dispatcher 分拨员、officer 经办、purchaser 购买方、evaluator 评估方",
    ),
    ("password_stdin", "从标准输入读取密码,不自动生成"),
    ("no_qr", "只显示文字"),
    ("device", "手机编号"),
    ("level", "值守:first 第一值守人、deputy 副手、purchaser 购买方"),
    ("desk", "窗口:部门代码或编号"),
    ("url", "投递到的网址(https://…)"),
    ("allow_http", "允许以明文 http:// 发往其他机器"),
    ("webhook", "投递地址编号"),
    ("credential", "凭据编号"),
    ("credential_until", "有效的最后一天;不指定则直到停用"),
    ("overlap_hours", "原密钥继续有效的小时数;密钥泄露时写 0"),
    ("delivery", "投递编号;不写则为全部未送达的"),
    ("state", "状态:pending 待送、delivered 已送达、dead 未送达"),
    ("lost_since", "从何时起下落不明;不指定则为现在"),
    ("file", "表格文件"),
    ("dry_run", "只说明将做什么,不写入"),
    ("author", "以谁的名义:该档案组的档案管理员或督导的用户名"),
    ("json", "以 JSON 输出"),
    ("csv", "以 CSV 输出"),
    ("date", "哪一天"),
    ("frozen", "冻结时刻:之后收到的不计入;不指定则为当天结束"),
    ("seed", "相同的种子生成相同的台账"),
    ("premises", "店铺数量"),
    ("elders", "改为生成多少位长者"),
    ("days", "改为生成该台账中的工作日:每名社工每天一行 JSON"),
    ("workers", "由几名社工分担"),
    ("out", "写入的文件;不指定则为标准输出"),
    ("dir", "政策目录;不指定则为配置的或内置的政策"),
    ("elder", "长者档案的编号;关联的档案是同一个人,一并删除"),
    ("reason", "为何删除:本人要求及其方式;密封保存在日志中"),
    ("by", "由谁负责:该档案组督导或档案管理员的用户名"),
    ("scrub", "随后整理数据库文件,使其中不再留有已销毁的密钥;对此前已删除的档案也可执行"),
    ("to_file", "追加到的文件(连同其中缺少的此前各个),最好在另一台机器上;不指定则为标准输出"),
    ("checkpoints", "接收各日志的检查点,存放在别处"),
    ("key", "只输出公钥,任何人可用它核对签名"),
    ("against", "与此文件中的检查点比对"),
    ("backup", "备份文件;写入时也可以是目录,文件按时间命名"),
    ("check", "改为通读文件,说明其中内容"),
    ("keep", "目录中保留几份备份;新备份写成后移除更旧的"),
    ("register", "登记簿文件;多个节点时各写一次;不指定则按配置"),
    ("without_register", "不用登记簿:备份之后的删除、停用与离组将会失效"),
    ("new_database", "空的目标数据库:PostgreSQL 网址或文件"),
    ("help", "显示帮助"),
    ("version", "显示版本"),
];

/// What an argument means in one command, where it means something else in others: the path, its id, the text.
const OWN: &[(&str, &str, &str)] = &[
    ("admin assign", "from", "临时顶岗的第一天;不指定则从现在起"),
    ("admin duty add", "from", "值守的第一天;不指定则从现在起"),
    ("admin duty add", "to", "值守的最后一天;不指定则长期"),
];

/// What stands for a value in usages, by what stands there in English.
const VALUES: &[(&str, &str)] = &[
    ("CASELOAD", "档案组"),
    ("COUNT", "数量"),
    ("DATE", "日期"),
    ("DELIVERY", "投递编号"),
    ("DEPT", "部门代码"),
    ("DESK", "窗口"),
    ("DEVICE", "手机编号"),
    ("DIR", "目录"),
    ("ELDER", "档案编号"),
    ("FILE", "文件"),
    ("LEVEL", "值守"),
    ("LOGIN", "用户名"),
    ("LOGINS", "用户名,…"),
    ("N", "份数"),
    ("NAME", "名称"),
    ("OPERATOR", "机构"),
    ("OWNER", "街道"),
    ("PREFIX", "前缀"),
    ("REASON", "理由"),
    ("ROLE", "角色"),
    ("STATE", "状态"),
    ("TIME", "时间"),
    ("URL", "网址"),
    ("WEBHOOK", "地址编号"),
];

/// The same command line, in Chinese.
pub(super) fn translated(command: Command) -> Command {
    at(command, "")
}

fn at(mut command: Command, path: &str) -> Command {
    if let Some(about) = found(COMMANDS, path) {
        command = command.about(about).long_about(None);
    }
    if let Some(after) = command.get_after_help().map(ToString::to_string) {
        command = command.after_help(after.replacen("Example:", "示例:", 1));
    }
    let arguments: Vec<(String, bool)> =
        command.get_arguments().map(|arg| (arg.get_id().to_string(), arg.is_positional())).collect();
    for (id, positional) in arguments {
        let heading = if positional { "参数" } else { "选项" };
        let own = OWN.iter().find(|(of, known, _)| *of == path && *known == id).map(|(_, _, text)| *text);
        let help = own.or_else(|| found(ARGUMENTS, &id)).unwrap_or_default();
        command = command.mut_arg(id, |arg| {
            // The library would introduce the values in English; where they need words, ours name them.
            let takes = arg.get_action().takes_values();
            let arg = arg.help(help).long_help(None).help_heading(heading);
            if !takes {
                return arg;
            }
            let named = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
            let named = named.unwrap_or_else(|| arg.get_id().as_str().to_uppercase());
            let arg = arg.hide_possible_values(true);
            found(VALUES, &named).map_or(arg.clone(), |name| arg.value_name(name))
        });
    }
    let below: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in below {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| at(sub, path.trim()));
    }
    if path.is_empty() {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        let version = version.help(found(ARGUMENTS, "version").unwrap_or_default()).help_heading("选项");
        command = command.disable_version_flag(true).arg(version);
    }
    framed(command)
}

/// What the library says around our texts.
fn framed(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let help = help.help(found(ARGUMENTS, "help").unwrap_or_default()).help_heading("选项");
    command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(help)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .help_template("{about}\n\n用法: {usage}\n\n{all-args}{after-help}")
}

fn found(texts: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    texts.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn walk(command: &Command, path: &str, see: &mut dyn FnMut(&Command, &str)) {
        see(command, path);
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            walk(below, format!("{path} {}", below.get_name()).trim(), see);
        }
    }

    #[test]
    fn every_help_has_an_example_that_parses() {
        let mut command = Cli::command();
        command.build();
        let mut seen = 0;
        walk(&command, "", &mut |command, path| {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let (head, examples) = after.split_once('\n').unwrap_or_default();
            assert_eq!(head, "Example:", "`doorstep {path}` has no example");
            for example in examples.lines().map(str::trim) {
                seen += 1;
                let words = words(example);
                let parsed = Cli::command().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "`{example}`: {}", parsed.err().map(|e| e.to_string()).unwrap_or_default());
                let below = words[1..].join(" ");
                assert!(below.starts_with(path), "`{example}` is no example of `doorstep {path}`");
            }
        });
        assert!(seen > 25);
    }

    /// A line for a shell, as the words that the program gets: quotes, `NAME=value` before, redirections after.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        let redirected = words.iter().position(|word| word == "<" || word == ">").unwrap_or(words.len());
        words.truncate(redirected);
        words.into_iter().skip_while(|word| word != "doorstep").filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn every_command_and_argument_is_translated_and_nothing_else() {
        let mut command = Cli::command();
        command.build();
        let (mut commands, mut arguments) = (Vec::new(), Vec::new());
        walk(&command, "", &mut |command, path| {
            commands.push(path.to_owned());
            arguments.extend(command.get_arguments().map(|arg| arg.get_id().to_string()));
        });
        for path in &commands {
            assert!(found(COMMANDS, path).is_some(), "`doorstep {path}` is not translated");
        }
        for id in &arguments {
            assert!(found(ARGUMENTS, id).is_some(), "the argument {id} is not translated");
        }
        assert!(COMMANDS.iter().all(|(path, _)| commands.iter().any(|known| known == path)));
        assert!(ARGUMENTS.iter().all(|(id, _)| arguments.iter().any(|known| known == id)));
        for (path, id, _) in OWN {
            let mut of = vec![&command];
            for name in path.split(' ') {
                of.extend(of.last().and_then(|command| command.find_subcommand(name)));
            }
            assert_eq!(of.len(), path.split(' ').count() + 1, "there is no `doorstep {path}`");
            assert!(of.last().unwrap().get_arguments().any(|arg| arg.get_id() == *id), "{path}: {id}");
        }
        let mut help = translated(Cli::command());
        let top = help.render_long_help().to_string();
        let admin = help.find_subcommand_mut("admin").unwrap();
        let person = admin.find_subcommand_mut("person").unwrap().find_subcommand_mut("add").unwrap();
        let help = top + &person.render_long_help().to_string() + &admin.render_help().to_string();
        assert!(help.contains("部门窗口") && help.contains("示例:") && !help.contains("Desks of"), "{help}");
        for english in ["Usage", "Options:", "Commands", "Print", "Possible"] {
            assert!(!help.contains(english), "{help}");
        }
    }
}
