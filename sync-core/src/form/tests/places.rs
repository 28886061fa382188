//! Where a shop or a home is on a map.

use super::*;
use crate::map_point::MapPoint;

fn point(text: &str) -> Option<MapPoint> {
    Some(MapPoint::read(text).unwrap())
}

fn edit(entity: EntityId, text: &str) -> Form {
    Form::Edit(EntityEdit { entity, ops: vec![FieldOp::put("map_point", text.into())] })
}

#[test]
fn a_shop_is_where_it_was_measured() {
    let mut bench = Bench::default();
    let map_point = point("GCJ-02 22.48731,113.91542");
    let name = "王记肠粉".to_owned();
    let form = NewPremises { name, address: "花果山1号".to_owned(), map_point, ..NewPremises::default() };
    let shop = bench.make(&Form::NewPremises(form.clone())).0.subject;
    assert_eq!(bench.documents[&shop].value("map_point"), Some("gcj02:22.48731,113.91542".into()));
    // As people write it, in a change of the file.
    bench.make(&edit(shop, "WGS-84 113.91500, 22.49"));
    assert_eq!(bench.documents[&shop].value("map_point"), Some("wgs84:22.490,113.915".into()));
    for (text, code) in [("22.49,113.9", "map_point_datum"), ("WGS-84 48.85,2.35", "map_point_outside")] {
        assert_eq!(bench.check(&edit(shop, text)), [code]);
    }
    let paris = MapPoint { lat_e5: 4_885_000, lon_e5: 235_000, ..map_point.unwrap() };
    assert_eq!(bench.check(&Form::NewPremises(NewPremises { map_point: Some(paris), ..form })), ["map_point_outside"]);
}

#[test]
fn of_a_home_a_hundred_metres_leave_the_form_and_a_finer_point_is_not_taken() {
    let mut bench = Bench::default();
    let map_point = point("WGS-84 22.48731,113.91542");
    let form = NewDwelling { address: "花果山3栋502".to_owned(), map_point, ..NewDwelling::default() };
    let home = bench.make(&Form::NewDwelling(form)).0.subject;
    assert_eq!(bench.documents[&home].value("map_point"), Some("wgs84:22.487,113.915".into()));
    bench.make(&edit(home, "WGS-84 22.48799,113.91599"));
    assert_eq!(bench.documents[&home].value("map_point"), Some("wgs84:22.488,113.916".into()));
    // Whatever a phone sends: the schema knows the shape.
    let field = |kind: &str| Schema::of_code(kind).unwrap().field("map_point").unwrap().shape;
    let fits = |kind: &str, text: &str| field(kind).fits(&text.into());
    assert!(fits("premises", "wgs84:22.48731,113.91542") && fits("slip", "wgs84:22.48731,113.91542"));
    assert!(!fits("dwelling", "wgs84:22.48731,113.91542") && fits("dwelling", "wgs84:22.487,113.915"));
    for words in ["", "wgs84:0.000,0.000", "在顾阿婆家", "wgs84:22.487,113.915 顾阿婆"] {
        assert!(!fits("premises", words), "{words}");
    }
}
