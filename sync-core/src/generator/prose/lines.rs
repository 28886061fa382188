//! The sentences. `{goods}` and `{appliance}` are of the shop's trade, `{q}` is the quantity of the answer, `{n}` and
//! `{cm}` are thrown, `{who}` is whom the visit is with, the other slots are in [`SLOTS`].

/// How things of one sort are put right.
#[derive(Clone, Copy)]
pub(in crate::generator) enum Remedy {
    Clear,
    Unlock,
    Unplug,
    Wheel,
    Stop,
    Repair,
    Tidy,
    Show,
    Teach,
    Rescue,
}

impl Remedy {
    /// What was done at once.
    pub(in crate::generator) const fn at_once(self) -> &'static [&'static str] {
        match self {
            Self::Clear => &[
                "{who}当场搬开了",
                "提醒后马上清出来，走了一遍能通",
                "和{who}一起动手挪走了",
                "{who}叫伙计清掉了，拍了前后对比",
                "十来分钟就清干净了",
            ],
            Self::Unlock => {
                &["{who}当场开了锁", "钥匙就在柜台，马上打开了，试推顺畅", "当场取下挂锁，答应营业时不再锁"]
            }
            Self::Unplug => &["当场拔掉了", "{who}马上断了电", "当着面拔了插头", "提醒后分开插到墙上的插座"],
            Self::Wheel => {
                &["提醒后推到外面去了", "当着面拔了插头，挪到路边充电棚", "{who}叫人弄走了，答应以后去充电棚"]
            }
            Self::Stop => &["马上停了手，移到空地上再干", "先停下来，备好灭火器和接火盆才继续"],
            Self::Tidy => &["{who}当场改过来了", "看着弄好了才走", "当场收拾好了", "提醒一句就改了"],
            Self::Repair => &[
                "{who}当场处理好了",
                "当场换了新的",
                "找来工具当场弄好，看过没问题",
                "{who}打电话叫人来，等到弄好才走",
            ],
            Self::Show => &["翻出来看了，补挂在墙上", "{who}打电话叫人送来了，没问题", "手机里有电子执照，当场核对了"],
            Self::Teach => {
                &["现场教了一遍，会用了", "带{who}认了一次逃生路线", "演示了提、拔、握、压，{who}跟着做了一遍"]
            }
            Self::Rescue => &["已开窗断气，人先出来"],
        }
    }

    /// What is said while it stays as it is, where the usual words do not fit.
    pub(in crate::generator) const fn later(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Teach => Some(&["留了宣传单，下次来再问", "店里正忙，约好{soon}再讲", "让{who}看了短视频，还不熟"]),
            Self::Rescue => Some(&["已让人都出来，先打了抢险电话再记录", "关总阀、开窗、不动电器，人撤到门外等抢险"]),
            _ => None,
        }
    }
}

/// Seen before.
pub(in crate::generator) const AGAIN: &[&str] =
    &["上次提醒过，", "还是老样子：", "第二次来，", "和上回一样，", "说好要弄的没弄，", ""];

/// Not put right, but promised or explained.
pub(in crate::generator) const OPEN: &[&str] = &[
    "{who}答应{soon}弄好",
    "讲清了道理，说{soon}处理",
    "说要先问房东",
    "{who}说{soon}找师傅来",
    "态度挺好，{soon}再来看",
    "已留提示单",
    "",
];

/// Not put right, and will not be.
pub(in crate::generator) const REFUSED: &[&str] = &[
    "{who}不肯动，说{excuse}",
    "劝了半天没用，{excuse}",
    "{who}说{excuse}，提示单也不愿签",
    "解释了危险，{who}还是那句“{excuse}”",
    "{who}有点不耐烦，说{excuse}",
];

/// In order since the last visit.
pub(in crate::generator) const PUT_RIGHT: &[&str] = &[
    "上次提醒的已经弄好",
    "比上回好多了，这项没问题了",
    "{who}带着看了，已改好",
    "改好了，拍了照",
    "{when}弄好的，{who}还留了收据",
    "这次来看已经恢复正常",
    "东西都清走了，和照片对过",
    "师傅{when}来弄的，{who}主动带去看",
    "终于弄好了，夸了{who}几句",
];

/// Not looked at.
pub(in crate::generator) const NOT_SEEN: &[&str] = &[
    "{who}不在，里间锁着，没看到",
    "正赶上饭点，没进后面看",
    "钥匙在房东手上，下次看",
    "顾客多，没方便看",
    "灯坏了，里面看不清",
    "{who}说改天，没勉强",
];

/// What was seen, by item.
pub(in crate::generator) const SEEN: &[(&str, Remedy, &[&str])] = &[
    (
        "EXIT-01",
        Remedy::Unlock,
        &[
            "{door}从里面上了挂锁，钥匙{keyplace}",
            "{door}用铁链拴着，推不开",
            "营业时间{door}反锁，里面还有{n}个人",
            "{door}的推杆坏了，拿铁丝绑死",
        ],
    ),
    (
        "EXIT-02",
        Remedy::Clear,
        &[
            "{passage}堆着{goods}，只剩{cm}厘米",
            "{passage}被{goods}占了一半，侧着身才能过",
            "{goods}一直码到{door}，人出不去",
            "{passage}两边都是{goods}，中间还停了手推车",
            "{when}进的货没地方放，{goods}全堆在{passage}",
        ],
    ),
    (
        "EXIT-03",
        Remedy::Repair,
        &[
            "只有前面一道卷帘门，后面没有出口",
            "唯一的出口是电动卷帘门，停电要手摇，摇把{keyplace}",
            "后门早就砌死，进出全靠卷帘门",
        ],
    ),
    (
        "EXIT-04",
        Remedy::Repair,
        &[
            "{window}装了铁栅栏，没有开口",
            "招牌把{window}挡得严严实实",
            "{window}外面焊了防盗网，里面{n}个人没别的路",
            "新换的灯箱压住了{window}",
        ],
    ),
    (
        "EXIT-05",
        Remedy::Repair,
        &[
            "应急灯按了测试键不亮",
            "{n}盏应急灯有1盏不亮，充电线掉了",
            "疏散指示牌掉在{passage}地上",
            "没有应急灯，{passage}白天也暗",
            "指示牌箭头指反了，指向{appliance}",
        ],
    ),
    (
        "EXT-01",
        Remedy::Repair,
        &["按面积还缺{q}具灭火器", "找了一圈没有灭火器，{who}说拿去年检没拿回来", "灭火器锁在柜子里，等于缺{q}具"],
    ),
    (
        "EXT-02",
        Remedy::Repair,
        &[
            "{q}具灭火器指针在红区",
            "{q}具灭火器过了检验日期，瓶底有锈",
            "灭火器{q}具都没压了，{who}不知道要看表",
            "{q}具灭火器被{goods}埋在下面，搬出来一看没压",
        ],
    ),
    (
        "FAC-01",
        Remedy::Repair,
        &[
            "报警主机关着，{who}说老误报嫌吵",
            "喷淋阀门关了，说是{when}漏水",
            "烟感用塑料袋套着，{who}说装修时套的忘了取",
        ],
    ),
    (
        "FAC-02",
        Remedy::Clear,
        &["消火栓前面堆着{goods}，门打不开", "消火栓箱被{goods}挡住，只看见上半截", "货架正好靠在消火栓箱上"],
    ),
    (
        "ALM-01",
        Remedy::Repair,
        &[
            "里间没装独立烟感",
            "烟感拆下来放在抽屉里，电池没了",
            "只有前厅有烟感，{passage}和储物间都没有",
            "烟感装了不响，按键没反应",
        ],
    ),
    (
        "LIVE-01",
        Remedy::Clear,
        &[
            "货架后面隔出一张床，{q}个人晚上住，和前面没有分隔",
            "阁楼住着{q}个人，木梯上下，下面全是{goods}",
            "里间有{q}个人的铺盖，{who}说夜里看店",
            "{q}个人住在店里，做饭、睡觉、存货都在一间",
        ],
    ),
    (
        "LIVE-02",
        Remedy::Clear,
        &[
            "灶台隔壁摆了床，{q}个人住，门窗都关着",
            "放气瓶的房间里支了折叠床，住{q}个人",
            "厨房夹层住{q}个人，下面就是灶",
        ],
    ),
    (
        "ELE-01",
        Remedy::Repair,
        &[
            "{appliance}的线没穿管，从天花板直接吊下来",
            "插线板接插线板，拖了{n}个，压在{goods}下面",
            "明线沿着货架走，接头用胶布缠着",
            "门外招牌的线破了皮，雨淋得到",
            "私自从楼道接了一路电给{appliance}",
        ],
    ),
    (
        "ELE-02",
        Remedy::Unplug,
        &[
            "一个插线板上插着{appliance}和别的{n}样，摸着发烫",
            "{appliance}同时开，空开跳过两次",
            "插头烧黄了，还在带{appliance}",
        ],
    ),
    (
        "ELE-03",
        Remedy::Clear,
        &[
            "配电箱门前堆着{goods}",
            "配电箱里塞了抹布和零钱盒",
            "配电箱下面就是{goods}，箱门关不上",
            "拿配电箱当衣架，挂着围裙和雨衣",
        ],
    ),
    (
        "EBK-01",
        Remedy::Wheel,
        &[
            "{q}辆电动车在店里充电",
            "{q}块电池放在{passage}充，旁边是{goods}",
            "外卖员的{q}块电池在收银台后面充着",
            "{q}辆电动车晚上推进来充，飞线还挂着",
        ],
    ),
    (
        "EBK-02",
        Remedy::Wheel,
        &["{q}辆电动车停在{passage}，人过不去", "楼梯口停了{q}辆电动车，正对出口", "{q}辆电动车把{door}堵了"],
    ),
    (
        "GAS-01",
        Remedy::Rescue,
        &["一进门就闻到燃气味，厨房更重", "灶台附近有明显燃气味，{appliance}还开着", "气瓶角阀处咝咝响，闻得到味"],
    ),
    (
        "GAS-02",
        Remedy::Repair,
        &[
            "软管有裂纹，{who}说用了好几年",
            "软管从墙洞穿过去，目测超过两米",
            "一根软管用三通带两个灶",
            "减压阀是可调的那种，软管接头没有卡箍",
            "软管贴着灶背，烤得发硬",
        ],
    ),
    (
        "GAS-03",
        Remedy::Repair,
        &[
            "燃气报警器过了三年没换",
            "没装燃气报警器，也没有切断阀",
            "报警器插头拔了，给{appliance}用",
            "报警器装在灶台正下方，位置不对，指示灯也不亮",
        ],
    ),
    (
        "GAS-04",
        Remedy::Clear,
        &[
            "气瓶一共{q}公斤，没有专用瓶间，就放在灶旁边",
            "后厨存瓶{q}公斤，和{goods}挤在一起",
            "数了一下有{q}公斤的瓶，都立在{passage}",
        ],
    ),
    (
        "GAS-05",
        Remedy::Clear,
        &["管道气和瓶装气同一间用", "旁边就烧着{burner}，和瓶装气是双火源", "半地下的后厨在用瓶装气"],
    ),
    (
        "HAZ-01",
        Remedy::Clear,
        &[
            "里间存了{n}桶{fuel}，旁边就插着{appliance}",
            "{fuel}和{goods}混放，没有通风",
            "柜台下面放着{n}瓶{fuel}，{who}在旁边抽烟",
        ],
    ),
    (
        "DEC-01",
        Remedy::Repair,
        &["夹层是泡沫彩钢板搭的", "墙面贴了软包和泡沫吸音棉，一烧就着", "隔间用泡沫夹芯板，敲着是空的"],
    ),
    ("HOT-01", Remedy::Stop, &["门口正在电焊，火星溅到{goods}上，没有人看着", "装修工在里面切割，旁边没有灭火器"]),
    (
        "STR-01",
        Remedy::Repair,
        &[
            "为了扩门面敲掉了一段墙，上面有裂缝，约{n}毫米",
            "后面加盖了一间铁皮房，搭在承重墙上",
            "{window}旁边的墙裂了一条，{who}说{when}还没有",
        ],
    ),
    (
        "LIC-01",
        Remedy::Show,
        &["没看到营业执照，{who}说在房东那里", "执照上的店名和招牌不一样，刚转手", "执照地址还是老店的"],
    ),
    (
        "FOOD-01",
        Remedy::Tidy,
        &["有{n}个人在后厨，只拿出一张健康证", "生熟放在一个案板上", "健康证{when}就过期了", "冰柜里的肉没有标签"],
    ),
    (
        "SIGN-01",
        Remedy::Clear,
        &[
            "灯箱一角松了，风大会晃",
            "落地招牌摆到人行道上",
            "{goods}摆出门外一米多，占了盲道",
            "遮雨棚的支架锈断了一根",
        ],
    ),
    (
        "HYG-01",
        Remedy::Tidy,
        &["毛巾没分开放，消毒柜没通电", "消毒记录停在{when}", "公用工具泡在同一盆水里", "布草和拖把堆在一处"],
    ),
    (
        "EDU-01",
        Remedy::Teach,
        &[
            "问{who}灭火器怎么用，说不上来",
            "新来的{n}个店员不知道后门在哪",
            "{who}知道打119，不知道先断气断电",
            "{who}以为油锅起火可以浇水",
        ],
    ),
];

/// What the owner is called in a note.
pub(in crate::generator) const OWNERS: &[&str] = &["老板", "老板", "老板娘"];

/// What anybody else in the shop is called, there and when they sign.
pub(in crate::generator) const OTHERS: &[&str] = &["店员", "店长", "看店的阿姨", "老板的儿子", "帮工", "收银的小妹"];

/// Words for slots.
pub(in crate::generator) const SLOTS: &[(&str, &[&str])] = &[
    ("door", &["后门", "侧门", "通往后巷的门", "楼梯口的防火门", "二道门"]),
    ("passage", &["后门通道", "后厨到后巷的过道", "楼梯间", "进门右手的走道", "货架之间的过道", "楼梯底下"]),
    ("window", &["二楼的窗", "临街的窗", "后窗", "阁楼的小窗"]),
    ("keyplace", &["在老板身上", "找不到了", "挂在收银台", "说在房东家"]),
    ("soon", &["这两天", "本周内", "周末", "月底前", "明天", "等师傅有空", "过几天"]),
    ("when", &["上个月", "前两天", "国庆前", "夏天那会儿", "上周", "刚开店时"]),
    (
        "excuse",
        &[
            "地方就这么大",
            "房东不让改",
            "开了好几年也没出过事",
            "等忙完这阵再说",
            "别家也都这样",
            "花这个钱不划算",
            "货没处放",
            "锁了是防小偷",
        ],
    ),
    ("burner", &["蜂窝煤炉", "柴火灶", "酒精炉", "电炸炉"]),
    ("fuel", &["香蕉水", "稀释剂", "酒精", "汽油", "天那水"]),
];
