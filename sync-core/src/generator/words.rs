//! What invented shops, streets and people are called.

/// Streets of a neighbourhood that does not exist, with the letters of their unit codes.
pub(super) const STREETS: &[(&str, &str)] = &[
    ("桃影里", "TY"),
    ("水帘巷", "SL"),
    ("云栈坊", "YZ"),
    ("芭蕉弄", "BJ"),
    ("石门里", "SM"),
    ("听涛街", "TT"),
    ("落英巷", "LY"),
    ("灵台里", "LT"),
    ("傲来街", "AL"),
    ("筋斗巷", "JD"),
    ("仙桃里", "XT"),
    ("定海坊", "DH"),
];

pub(super) const SURNAMES: &[&str] = &[
    "林", "陈", "周", "罗", "黄", "谢", "邓", "潘", "卢", "韦", "覃", "莫", "蒙", "庞", "欧", "温", "江", "古", "丘",
    "简", "麦", "冼", "甘", "池", "闻", "乐", "柏", "宁", "燕", "岑", "符", "卓",
];

pub(super) const GIVEN: &[&str] = &[
    "桂香", "水生", "秀莲", "国栋", "阿妹", "志明", "小燕", "永福", "彩云", "海生", "木兰", "金水", "春生", "玉珍",
    "建业", "月娥", "满仓", "喜凤", "石头", "天佑", "惠芳", "阿强", "雪梅", "有才", "细妹", "广源", "丽娟", "家旺",
    "阿珍", "德胜", "巧云", "日新", "冬梅", "南生", "凤仪", "长顺",
];

/// What a shop's name begins with.
pub(super) const SHOP_FIRST: &[&str] = &[
    "阿桂",
    "老罗",
    "桃姨",
    "湘妹子",
    "潮福",
    "云栈",
    "水帘",
    "石门",
    "三口",
    "好来",
    "满记",
    "巷尾",
    "老街坊",
    "阿嬷",
    "四季",
    "喜乐",
    "顺手",
    "转角",
    "半山",
    "金桃",
    "小猴",
    "仙果",
    "听涛",
    "晨光里",
    "一间",
    "阿强",
    "胖嫂",
    "细妹",
    "落英",
    "勤记",
    "福来",
    "邻里",
    "山脚",
    "大树下",
    "十二号",
    "榕树头",
    "老井",
    "红灯笼",
    "小满",
    "芒种",
];

/// One kind of shop: how it is called, what lies about in it, and what it is like.
pub(super) struct Trade {
    /// Codes of premises kinds.
    pub(super) kinds: &'static [&'static str],
    /// How many of a thousand shops.
    pub(super) share: u32,
    /// What a shop's name ends with.
    pub(super) names: &'static [&'static str],
    /// What stands in the way there.
    pub(super) goods: &'static [&'static str],
    /// What draws current there.
    pub(super) appliances: &'static [&'static str],
    /// Smallest and largest area in m².
    pub(super) area: (u32, u32),
    /// Opening hours.
    pub(super) hours: &'static [&'static str],
}

pub(super) const TRADES: &[Trade] = &[
    Trade {
        kinds: &["restaurant"],
        share: 330,
        names: &[
            "肠粉店",
            "牛杂铺",
            "螺蛳粉店",
            "猪脚饭",
            "煲仔饭",
            "云吞面馆",
            "小炒馆",
            "砂锅粥",
            "烧腊店",
            "米粉店",
            "麻辣烫",
            "糖水铺",
            "早餐店",
            "羊肉汤馆",
            "饺子馆",
            "酸菜鱼",
            "木桶饭",
            "烤鱼店",
        ],
        goods: &["啤酒箱", "米袋和食用油", "一次性餐盒", "泡沫菜筐", "折叠桌椅", "冻品纸箱", "煤气推车", "泔水桶"],
        appliances: &["电饭煲和蒸柜", "保温台", "冰柜", "油烟机", "电磁炉", "烤箱"],
        area: (18, 160),
        hours: &["06:00–14:00", "10:00–22:00", "11:00–02:00", "07:00–21:00"],
    },
    Trade {
        kinds: &["shop"],
        share: 300,
        names: &[
            "便利店",
            "水果店",
            "文具店",
            "烟酒行",
            "日杂店",
            "母婴店",
            "手机配件店",
            "茶叶店",
            "花店",
            "粮油店",
            "宠物用品店",
            "服装店",
            "鞋店",
            "彩票店",
        ],
        goods: &["饮料箱", "快递纸箱", "整件矿泉水", "水果筐", "货架和空箱", "促销堆头", "换季的衣服包", "空花盆"],
        appliances: &["两台冰柜", "热水壶和微波炉", "饮料柜", "射灯", "电暖器"],
        area: (10, 180),
        hours: &["08:00–22:00", "07:00–24:00", "09:30–21:30", "24小时"],
    },
    Trade {
        kinds: &["leisure"],
        share: 130,
        names: &["理发店", "美发屋", "足浴店", "美甲店", "健身房", "台球室", "推拿馆"],
        goods: &["毛巾筐", "美发椅", "洗头水桶", "旧沙发", "器械箱", "换下来的床垫"],
        appliances: &["热水器和烘干机", "吹风机", "消毒柜", "泡脚桶", "空调和热水器"],
        area: (15, 190),
        hours: &["10:00–22:00", "09:00–21:30", "13:00–02:00"],
    },
    Trade {
        kinds: &["shop", "flammable"],
        share: 70,
        names: &["五金店", "油漆涂料店", "装饰材料店", "化工日杂"],
        goods: &["成箱油漆", "稀释剂桶", "板材", "电缆盘", "玻璃胶纸箱", "水管"],
        appliances: &["切割机", "电焊机", "充电电钻", "配钥匙机"],
        area: (20, 120),
        hours: &["08:00–20:00", "07:30–21:00"],
    },
    Trade {
        kinds: &["workshop"],
        share: 60,
        names: &["制衣作坊", "木工坊", "广告喷绘店", "修车行", "豆腐坊", "裁缝铺"],
        goods: &["布料卷", "木板和锯末", "半成品", "KT板", "旧轮胎", "豆渣桶"],
        appliances: &["熨烫机", "台锯", "喷绘机", "空压机", "磨浆机"],
        area: (25, 220),
        hours: &["08:30–20:30", "08:00–18:00"],
    },
    Trade {
        kinds: &["inn"],
        share: 40,
        names: &["旅馆", "民宿", "客栈", "招待所"],
        goods: &["布草车", "换洗床单", "旧床架", "整箱洗漱用品"],
        appliances: &["烘干机", "电热水壶", "空调", "洗衣机"],
        area: (80, 300),
        hours: &["24小时"],
    },
    Trade {
        kinds: &["school_day"],
        share: 40,
        names: &["午托班", "舞蹈室", "画室", "书法班", "棋院"],
        goods: &["折叠床", "画架", "旧课桌", "练功垫", "书包架"],
        appliances: &["空调", "投影机", "微波炉和消毒柜", "饮水机"],
        area: (40, 200),
        hours: &["11:30–20:30", "14:00–21:00"],
    },
    Trade {
        kinds: &["clinic"],
        share: 30,
        names: &["口腔诊所", "中医馆", "综合门诊", "药房"],
        goods: &["药品纸箱", "氧气瓶推车", "换下来的诊床", "宣传架"],
        appliances: &["消毒锅", "煎药机", "冷藏柜", "空调"],
        area: (40, 160),
        hours: &["08:30–21:00", "08:00–12:00 14:30–21:00"],
    },
];
