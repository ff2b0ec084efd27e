//! What REST says of a person: each field and each collection only if its scope was granted.

use serde_json::{Map, Value, json};

use crate::crypto::hash::sha256;
use crate::encoding::hex_upper;
use crate::person::{Contact, ContactKind, ContactState, Person, Record};
use crate::scopes::Scopes;

/// Collections of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// Contacts.
    Contacts,
    /// Addresses.
    Addresses,
    /// Documents.
    Documents,
    /// Children.
    Kids,
    /// Vehicles.
    Vehicles,
    /// Organisations.
    Organizations,
    /// Roles.
    Roles,
}

/// The collection, its path, and its name in `embed`.
const NAMES: [(Collection, &str, &str); 7] = [
    (Collection::Contacts, "ctts", "contacts"),
    (Collection::Addresses, "addrs", "addresses"),
    (Collection::Documents, "docs", "documents"),
    (Collection::Kids, "kids", "kids"),
    (Collection::Vehicles, "vhls", "vehicles"),
    (Collection::Organizations, "orgs", "organizations"),
    (Collection::Roles, "roles", "roles"),
];

impl Collection {
    /// The collection of a path.
    pub fn named(path: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known, _)| *known == path).map(|(collection, ..)| *collection)
    }

    fn path(self) -> &'static str {
        NAMES.iter().find(|(collection, ..)| *collection == self).map_or("", |(_, path, _)| *path)
    }
}

/// An element of a collection.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its number.
    pub id: u64,
    /// Documents that hang below it: a child's.
    documents: Vec<Record>,
    value: Record,
}

impl Item {
    /// As REST says it.
    pub fn into_json(self) -> Value {
        Value::Object(tagged(self.value))
    }
}

/// The scope that opens a document of this type.
fn document_scope(kind: &str) -> &'static str {
    match kind {
        "RF_DRIVING_LICENSE" => "drivers_licence_doc",
        "MLTR_ID" => "military_doc",
        "FRGN_PASS" => "foreign_passport_doc",
        "MDCL_PLCY" => "medical_doc",
        "RF_BRTH_CERT" | "FID_BRTH_CERT" | "OLD_BRTH_CERT" | "BRTH_CERT" => "birth_cert_doc",
        _ => "id_doc",
    }
}

const DOCUMENT_SCOPES: [&str; 8] = [
    "id_doc",
    "medical_doc",
    "military_doc",
    "foreign_passport_doc",
    "drivers_licence_doc",
    "birth_cert_doc",
    "residence_doc",
    "temporary_residence_doc",
];

fn kind_of(record: &Record) -> &str {
    record.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// The elements of a collection that the scopes open; `None` when they do not open the collection.
pub fn collection(person: &Person, name: Collection, scopes: &Scopes) -> Option<Vec<Item>> {
    let any = |wanted: &[&str]| wanted.iter().any(|scope| scopes.opens(scope));
    match name {
        Collection::Contacts => any(&["contacts", "email", "mobile"]).then(|| contacts(person, scopes)),
        Collection::Addresses => any(&["addresses"]).then(|| records(person, 2, &person.addresses)),
        Collection::Documents => any(&DOCUMENT_SCOPES).then(|| {
            let mut items = records(person, 3, &person.documents);
            items.retain(|item| scopes.opens(document_scope(kind_of(&item.value))));
            items
        }),
        Collection::Kids => scopes.opens_children().then(|| kids(person, scopes)),
        Collection::Vehicles => any(&["vehicles"]).then(|| records(person, 5, &person.vehicles)),
        Collection::Organizations => any(&["usr_org"]).then(|| records(person, 6, &person.organizations)),
        Collection::Roles => any(&["usr_org"]).then(|| records(person, 7, &person.roles)),
    }
}

/// Numbers of elements: the settings' own, or ones that stay the same as long as the settings do.
fn number(person: &Person, shelf: u64, at: usize, record: &Record) -> u64 {
    let made = person.oid % 1_000_000 * 1_000 + shelf * 100 + u64::try_from(at).unwrap_or_default() + 1;
    record.get("id").and_then(Value::as_u64).unwrap_or(made)
}

fn records(person: &Person, shelf: u64, records: &[Record]) -> Vec<Item> {
    let item = |(at, record): (usize, &Record)| {
        let id = number(person, shelf, at, record);
        let mut value = Map::new();
        value.insert("stateFacts".to_owned(), json!(["Identifiable"]));
        value.insert("id".to_owned(), json!(id));
        value.extend(record.clone());
        Item { id, documents: Vec::new(), value }
    };
    records.iter().enumerate().map(item).collect()
}

fn contacts(person: &Person, scopes: &Scopes) -> Vec<Item> {
    let all = person.contacts.iter().enumerate();
    all.filter(|(_, contact)| scopes.opens("contacts") || scopes.opens(contact.kind.scope()))
        .map(|(at, contact)| {
            let id = number(person, 1, at, &Map::new());
            Item { id, documents: Vec::new(), value: contact_record(id, contact) }
        })
        .collect()
}

fn contact_record(id: u64, contact: &Contact) -> Record {
    // Nothing but mobiles and e-mail addresses is ever confirmed.
    let confirmable = matches!(contact.kind, ContactKind::Mobile | ContactKind::Email);
    let state = if confirmable { contact.state } else { ContactState::NotVerified };
    let mut value = Map::new();
    value.insert("stateFacts".to_owned(), json!(["Identifiable"]));
    value.insert("id".to_owned(), json!(id));
    value.insert("type".to_owned(), json!(contact.kind.code()));
    value.insert("vrfStu".to_owned(), json!(state.code()));
    value.insert("value".to_owned(), json!(contact.value));
    if let Some(pending) = &contact.pending {
        value.insert("verifyingValue".to_owned(), json!(pending));
        value.insert("vrfValStu".to_owned(), json!("VERIFYING"));
        value.insert("isCfmCodeExpired".to_owned(), json!(true));
    }
    value
}

/// The scope that opens a field of a child.
fn kid_scope(field: &str) -> Option<&'static str> {
    match field {
        "firstName" | "lastName" | "middleName" => Some("kid_fullname"),
        "birthDate" => Some("kid_birthdate"),
        "gender" => Some("kid_gender"),
        "snils" => Some("kid_snils"),
        "inn" => Some("kid_inn"),
        "mobile" => Some("kid_mobile"),
        "email" => Some("kid_email"),
        _ => None,
    }
}

fn kids(person: &Person, scopes: &Scopes) -> Vec<Item> {
    let mut items = records(person, 4, &person.kids);
    for item in &mut items {
        if let Some(Value::Array(documents)) = item.value.remove("documents") {
            item.documents = documents.iter().filter_map(Value::as_object).cloned().collect();
        }
        item.value.retain(|field, _| kid_scope(field).is_none_or(|scope| scopes.has(scope)));
        if let Some(documents) = kid_documents(item, scopes) {
            let elements: Vec<Value> = documents.into_iter().map(Item::into_json).collect();
            item.value.insert("documents".to_owned(), Value::Object(sized(elements)));
        }
    }
    items
}

/// The documents of a child; `None` when the scopes do not open them.
pub fn kid_documents(kid: &Item, scopes: &Scopes) -> Option<Vec<Item>> {
    let open = |record: &&Record| match document_scope(kind_of(record)) {
        "birth_cert_doc" => scopes.has("kid_birth_cert_doc"),
        "medical_doc" => scopes.has("kid_medical_doc"),
        _ => false,
    };
    let any = scopes.has("kid_birth_cert_doc") || scopes.has("kid_medical_doc");
    any.then(|| {
        let open: Vec<Record> = kid.documents.iter().filter(open).cloned().collect();
        let bearer = Person { oid: kid.id, ..Person::default() };
        records(&bearer, 8, &open)
    })
}

/// A collection: its elements, or the addresses of its elements. Roles are always whole.
pub fn collection_json(name: Collection, items: Vec<Item>, whole: bool, base: &str) -> Value {
    let whole = whole || name == Collection::Roles;
    let path = name.path();
    let elements: Vec<Value> = items
        .into_iter()
        .map(|item| if whole { item.into_json() } else { json!(format!("{base}/{path}/{}", item.id)) })
        .collect();
    Value::Object(sized(elements))
}

fn sized(elements: Vec<Value>) -> Record {
    let mut value = Map::new();
    value.insert("stateFacts".to_owned(), json!(["hasSize"]));
    value.insert("size".to_owned(), json!(elements.len()));
    value.insert("elements".to_owned(), Value::Array(elements));
    tagged(value)
}

/// Adds `eTag`.
fn tagged(mut value: Record) -> Record {
    let digest = sha256(Value::Object(value.clone()).to_string().as_bytes());
    value.insert("eTag".to_owned(), json!(hex_upper(digest.get(..20).unwrap_or_default())));
    value
}

/// Does this name of `embed` mean elements whole, or something inside of them, which is never anywhere else?
pub fn is_elements(name: &str) -> bool {
    name == "elements" || name.starts_with("elements.")
}

/// The person, and the collections that are asked for and open.
pub fn person_json(person: &Person, scopes: &Scopes, embed: &[String], base: &str) -> Value {
    let mut value = Map::new();
    value.insert("stateFacts".to_owned(), json!(["EntityRoot"]));
    let fields: [(&str, &str, &Option<String>); 9] = [
        ("firstName", "fullname", &person.given_name),
        ("lastName", "fullname", &person.surname),
        ("middleName", "fullname", &person.patronymic),
        ("birthDate", "birthdate", &person.birth_date),
        ("birthPlace", "birthplace", &person.birth_place),
        ("gender", "gender", &person.gender),
        ("citizenship", "citizenship", &person.citizenship),
        ("snils", "snils", &person.snils),
        ("inn", "inn", &person.inn),
    ];
    for (name, scope, field) in fields {
        if let (true, Some(field)) = (scopes.opens(scope), field) {
            value.insert(name.to_owned(), json!(field));
        }
    }
    let always = [
        ("trusted", json!(person.is_trusted())),
        ("updatedOn", json!(1_764_854_668)),
        ("rfgUOperatorCheck", json!(false)),
        ("status", json!("REGISTERED")),
        ("verifying", json!(false)),
        ("containsUpCfmCode", json!(false)),
        ("kidAccCreatedByParent", json!(person.is_child())),
    ];
    value.extend(always.map(|(name, fact)| (name.to_owned(), fact)));
    if scopes.opens("id_doc")
        && let Some(first) = records(person, 3, &person.documents).first()
    {
        value.insert("rIdDoc".to_owned(), json!(first.id));
    }
    for (name, _, embedded) in NAMES {
        let inside = |wanted: &String| wanted.split_once('.').is_some_and(|(of, it)| of == embedded && is_elements(it));
        let whole = embed.iter().any(inside);
        if !whole && !embed.iter().any(|wanted| wanted == embedded) {
            continue;
        }
        // What the scopes do not open is left out: the rest is still wanted.
        if let Some(items) = collection(person, name, scopes) {
            value.insert(embedded.to_owned(), collection_json(name, items, whole, base));
        }
    }
    Value::Object(tagged(value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]
    use super::*;
    use crate::settings::Settings;

    fn scopes(text: &str) -> Scopes {
        let approved: Vec<String> = text.split(' ').map(str::to_owned).collect();
        Scopes::approved(text, &approved).unwrap()
    }

    fn person(oid: u64) -> Person {
        Settings::demo().unwrap().person(oid).unwrap().clone()
    }

    #[test]
    fn fields_are_those_of_the_scopes() {
        let person = person(1_000_299_606);
        let all = person_json(&person, &scopes("openid fullname birthdate gender snils inn"), &[], "http://x");
        assert_eq!(all["lastName"], "Фамилия006");
        assert_eq!((&all["birthDate"], &all["snils"]), (&json!("26.05.2000"), &json!("000-000-600 06")));
        assert_eq!((&all["trusted"], &all["status"]), (&json!(true), &json!("REGISTERED")));
        assert_eq!((all.get("birthPlace"), all.get("contacts")), (None, None));
        assert_eq!(all["eTag"].as_str().map(str::len), Some(40));
        let few = person_json(&person, &scopes("openid"), &["contacts.elements".to_owned()], "http://x");
        assert!(["firstName", "snils", "contacts"].iter().all(|field| few.get(field).is_none()));
    }

    #[test]
    fn contacts_are_those_of_the_scopes() {
        let person = person(1_000_299_606);
        let kinds = |text: &str| {
            collection(&person, Collection::Contacts, &scopes(text)).map(|items| {
                items.iter().map(|item| kind_of(&item.value).to_owned()).collect::<Vec<String>>().join(" ")
            })
        };
        assert_eq!(kinds("openid email").as_deref(), Some("EML"));
        assert_eq!(kinds("openid email mobile").as_deref(), Some("EML MBT"));
        assert_eq!(kinds("contacts").as_deref(), Some("EML PHN MBT"));
        assert_eq!(kinds("http://esia.gosuslugi.ru/usr_inf").as_deref(), Some("EML PHN MBT"));
        assert_eq!(kinds("openid fullname"), None);
    }

    #[test]
    fn a_collection_is_whole_or_addresses() {
        let person = person(1_000_299_606);
        let items = collection(&person, Collection::Contacts, &scopes("mobile")).unwrap();
        let id = items.first().unwrap().id;
        let addresses = collection_json(Collection::Contacts, items.clone(), false, "http://x/rs/prns/7");
        assert_eq!(addresses["elements"], json!([format!("http://x/rs/prns/7/ctts/{id}")]));
        let whole = collection_json(Collection::Contacts, items, true, "");
        assert_eq!((&whole["size"], &whole["stateFacts"]), (&json!(1), &json!(["hasSize"])));
        let mobile = &whole["elements"][0];
        assert_eq!((&mobile["value"], &mobile["vrfStu"]), (&json!("+7(000)0000006"), &json!("VERIFIED")));
        assert_eq!((&mobile["verifyingValue"], &mobile["vrfValStu"]), (&json!("+7(111)1111111"), &json!("VERIFYING")));
    }

    #[test]
    fn embedded_collections_come_with_the_person() {
        let person = person(1_000_299_606);
        let embed = ["contacts.elements".to_owned(), "addresses.elements".to_owned()];
        let value = person_json(&person, &scopes("openid contacts"), &embed, "http://x");
        assert_eq!(value["contacts"]["size"], 3);
        assert_eq!(value.get("addresses"), None);
        for (name, whole) in [("contacts", false), ("contacts.elements", true), ("contacts.elements.value", true)] {
            let value = person_json(&person, &scopes("openid contacts"), &[name.to_owned()], "http://x");
            assert_eq!(value["contacts"]["elements"][0].is_object(), whole, "{name}");
        }
    }

    #[test]
    fn children_show_what_their_scopes_open() {
        let parent = person(1_000_300_020);
        let kid = |text: &str| {
            let items = collection(&parent, Collection::Kids, &scopes(text))?;
            items.into_iter().next().map(Item::into_json)
        };
        let named = kid("kid_fullname").unwrap();
        assert_eq!((&named["firstName"], named.get("snils"), named.get("documents")), (&json!("Лев"), None, None));
        let documented = kid("kid_snils kid_birth_cert_doc").unwrap();
        assert_eq!(documented["snils"], "253-101-140 00");
        assert_eq!(documented["documents"]["elements"][0]["type"], "RF_BRTH_CERT");
        assert!(kid("openid fullname").is_none());
    }
}
