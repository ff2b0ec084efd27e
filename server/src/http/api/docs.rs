//! `/api/docs`: the description of the API as a page, rendered from the same OpenAPI document, without outside assets.

use std::collections::BTreeMap;

use app::layout::PageMeta;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, SchemaType, Type};
use utoipa::openapi::{Object, OpenApi, Ref, RefOr, Required, Schema};

use crate::http::context::Page;
use crate::http::pages::public_document;

/// The page. It is written for developers, in English in every language of the portal.
pub fn page(Page(page): Page, description: &OpenApi) -> Response {
    let meta = PageMeta::titled("API");
    public_document(StatusCode::OK, &page, meta, |_| view(description))
}

fn view(description: &OpenApi) -> AnyView {
    let operations: Vec<AnyView> = description
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            [
                ("GET", &item.get),
                ("POST", &item.post),
                ("PATCH", &item.patch),
                ("PUT", &item.put),
                ("DELETE", &item.delete),
            ]
            .into_iter()
            .filter_map(move |(method, operation)| operation.as_ref().map(|operation| (method, path, operation)))
        })
        .map(|(method, path, operation)| operation_view(method, path, operation))
        .collect();
    let schemas: Vec<AnyView> = description
        .components
        .iter()
        .flat_map(|components| components.schemas.iter())
        .map(|(name, schema)| schema_view(name, schema))
        .collect();
    view! {
        <div class="page" lang="en" dir="ltr">
            <h1>"API"</h1>
            <p class="lead">{description.info.description.clone().unwrap_or_default()}</p>
            <p class="small">
                <a href="/api/openapi.json">"openapi.json"</a>
                " · OpenAPI 3.1"
            </p>
            <section class="sec api">
                <h2>"Operations"</h2>
                {operations}
            </section>
            <section class="sec api">
                <h2>"Schemas"</h2>
                {schemas}
            </section>
        </div>
    }
    .into_any()
}

fn operation_view(method: &'static str, path: &str, operation: &Operation) -> AnyView {
    let heading = format!("{method} {path}");
    let body = operation
        .request_body
        .iter()
        .filter_map(inline)
        .flat_map(|body| body.content.values())
        .filter_map(inline)
        .find_map(|content| content.schema.as_ref())
        .map(|schema| view! { <p>"Body: " {type_view(schema)}</p> });
    let responses: Vec<AnyView> = operation
        .responses
        .responses
        .iter()
        .map(|(status, response)| {
            let (what, schema) = match response {
                RefOr::T(response) => (
                    response.description.clone(),
                    response
                        .content
                        .values()
                        .filter_map(inline)
                        .find_map(|content| content.schema.as_ref())
                        .map(type_view),
                ),
                RefOr::Ref(reference) => (reference.ref_location.clone(), None),
            };
            view! {
                <tr>
                    <td>
                        <code>{status.clone()}</code>
                    </td>
                    <td>{what}</td>
                    <td>{schema}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <article class="card api-operation">
            <h3>
                <code>{heading}</code>
            </h3>
            <p>{operation.summary.clone()}</p>
            {operation.description.clone().map(|text| view! { <p class="muted">{text}</p> })}
            {needs(operation).map(|needs| view! { <p>{needs}</p> })}
            {parameters_view(operation)}
            {body}
            <div class="scroll" tabindex="0" role="region" aria-label=format!("Answers of {method} {path}")>
                <table class="tbl">
                    <thead>
                        <tr>
                            <th scope="col">"Status"</th>
                            <th scope="col">"When"</th>
                            <th scope="col">"Body"</th>
                        </tr>
                    </thead>
                    <tbody>{responses}</tbody>
                </table>
            </div>
        </article>
    }
    .into_any()
}

/// Who may ask: `session`, `token` with a scope. None for whoever comes.
fn needs(operation: &Operation) -> Option<String> {
    // The names and scopes are to be had as JSON alone.
    let ways: Vec<BTreeMap<String, Vec<String>>> =
        serde_json::from_value(serde_json::to_value(operation.security.as_ref()?).ok()?).ok()?;
    let way = |(name, scopes): (&String, &Vec<String>)| match scopes.as_slice() {
        [] => name.clone(),
        scopes => format!("{name} with {}", scopes.join(", ")),
    };
    let ways: Vec<String> = ways.iter().flat_map(BTreeMap::iter).map(way).collect();
    (!ways.is_empty()).then(|| format!("Needs: {}", ways.join(" or ")))
}

fn parameters_view(operation: &Operation) -> Option<AnyView> {
    let rows: Vec<AnyView> = operation.parameters.iter().flatten().filter_map(inline).map(parameter_view).collect();
    (!rows.is_empty()).then(|| view! { <dl class="kv api-fields">{rows}</dl> }.into_any())
}

fn parameter_view(parameter: &Parameter) -> AnyView {
    let place = match parameter.parameter_in {
        ParameterIn::Path => "path",
        ParameterIn::Query | ParameterIn::QueryString => "query",
        ParameterIn::Header => "header",
        ParameterIn::Cookie => "cookie",
    };
    let optional = if parameter.required == Required::True { "" } else { ", optional" };
    view! {
        <div>
            <dt>
                <code>{parameter.name.clone()}</code>
                {format!(" ({place}{optional})")}
            </dt>
            <dd>
                {parameter.schema.as_ref().map(type_view)} " " {parameter.schema.as_ref().and_then(describe)} " "
                {parameter.description.clone()}
            </dd>
        </div>
    }
    .into_any()
}

/// What stands in the document itself; this API's description refers to nothing but schemas.
fn inline<T>(item: &RefOr<T>) -> Option<&T> {
    match item {
        RefOr::T(item) => Some(item),
        RefOr::Ref(_) => None,
    }
}

fn schema_view(name: &str, schema: &RefOr<Schema>) -> AnyView {
    let id = format!("schema-{name}");
    let name = name.to_owned();
    view! {
        <article class="card api-operation" id=id>
            <h3>
                <code>{name}</code>
            </h3>
            {fields_view(schema)}
        </article>
    }
    .into_any()
}

fn fields_view(schema: &RefOr<Schema>) -> AnyView {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let description = object.description.clone();
            let rows: Vec<AnyView> = object
                .properties
                .iter()
                .map(|(field, schema)| {
                    let required = object.required.contains(field);
                    view! {
                        <div>
                            <dt>
                                <code>{field.clone()}</code>
                                {(!required).then_some(" (optional)")}
                            </dt>
                            <dd>{type_view(schema)} " " {describe(schema)}</dd>
                        </div>
                    }
                    .into_any()
                })
                .collect();
            view! {
                <p>{description}</p>
                {values(object).map(|values| view! { <p>{values}</p> })}
                <dl class="kv api-fields">{rows}</dl>
            }
            .into_any()
        }
        RefOr::T(Schema::OneOf(one_of)) => {
            let items: Vec<AnyView> =
                one_of.items.iter().map(|item| view! { <li>{fields_view(item)}</li> }.into_any()).collect();
            view! {
                <p>"One of:"</p>
                <ul>{items}</ul>
            }
            .into_any()
        }
        RefOr::T(Schema::AllOf(all_of)) => {
            let parts: Vec<AnyView> = all_of.items.iter().map(fields_view).collect();
            view! { <div>{parts}</div> }.into_any()
        }
        other => type_view(other),
    }
}

fn type_view(schema: &RefOr<Schema>) -> AnyView {
    match schema {
        RefOr::Ref(Ref { ref_location, .. }) => {
            let name = ref_location.rsplit('/').next().unwrap_or_default().to_owned();
            let href = format!("#schema-{name}");
            view! {
                <a href=href>
                    <code>{name}</code>
                </a>
            }
            .into_any()
        }
        RefOr::T(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(items) => view! { "list of " {type_view(items)} }.into_any(),
            ArrayItems::False => "list".into_any(),
        },
        RefOr::T(Schema::Object(object)) => {
            let name = type_name(&object.schema_type);
            match object.additional_properties.as_deref() {
                Some(AdditionalProperties::RefOr(values)) => view! { "map of " {type_view(values)} }.into_any(),
                _ => view! { <code>{name}</code> }.into_any(),
            }
        }
        RefOr::T(_) => view! { <code>"object"</code> }.into_any(),
    }
}

fn type_name(kind: &SchemaType) -> &'static str {
    let word = |kind: &Type| match kind {
        Type::Object => "object",
        Type::String => "string",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
        Type::Array => "list",
        Type::Null => "null",
    };
    match kind {
        SchemaType::Type(kind) => word(kind),
        SchemaType::Array(kinds) => kinds.iter().find(|kind| !matches!(kind, Type::Null)).map_or("null", word),
        SchemaType::AnyValue => "any",
    }
}

/// The texts that a text is one of.
fn values(object: &Object) -> Option<String> {
    let values: Vec<_> = object.enum_values.iter().flatten().filter_map(|value| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(" | "))
}

fn describe(schema: &RefOr<Schema>) -> Option<String> {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let texts = [object.description.clone(), values(object)];
            Some(texts.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
        }
        RefOr::T(Schema::Array(array)) => array.description.clone(),
        _ => None,
    }
}
