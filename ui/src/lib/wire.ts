/**
 * What the server and this page say to each other, under the names that the page uses.
 * The shapes are made from the server's own description (`npm run types`). Times are
 * RFC 3339 in UTC; null stands for "never". Ids are UUIDv7, so comparing two as text
 * compares their age.
 */
import type { components } from "./types.gen";

type Schemas = components["schemas"];

export type User = Schemas["UserView"];
export type Project = Schemas["ProjectView"];
export type ProjectRole = Project["role"];
export type NewProject = Schemas["CreateProjectInput"];
export type ProjectColor = NonNullable<NewProject["color"]>;
export type ProjectTemplate = Schemas["ProjectTemplate"];
export type Thread = Schemas["ThreadView"];
export type NewThread = Schemas["CreateThreadInput"];
export type LastMessage = Schemas["LastMessage"];
export type ContextMeter = Schemas["ContextView"];
export type Model = Schemas["ModelView"];
export type ModelPage = Schemas["ModelList"];
export type ThreadContext = Schemas["ThreadContext"];
export type ContextPart = Schemas["ContextPart"];
export type ContextWarning = Schemas["ContextWarning"];
export type Message = Schemas["Message"];
export type MessageStatus = Message["status"];
export type MessageError = Schemas["MessageError"];
export type Attachment = Schemas["Attachment"];
export type ClientConfig = Schemas["ClientConfig"];
export type SearchResult = Schemas["SearchResult"];
export type Summary = Schemas["SummaryView"];
export type SummaryStatus = Schemas["SummaryStatus"];
export type Member = Schemas["MemberView"];
export type Person = Schemas["Person"];
export type Activity = Schemas["ActivityView"];

export type ProjectPage = Schemas["ProjectList"];
export type TemplatePage = Schemas["TemplateList"];
export type ThreadPage = Schemas["ThreadList"];
export type MessagePage = Schemas["MessageList"];
export type SearchPage = Schemas["SearchResults"];
export type SummaryPage = Schemas["SummaryList"];
export type MemberPage = Schemas["MemberList"];
export type ActivityPage = Schemas["ActivityList"];

export type SetupState = Schemas["SetupState"];
export type SessionState = Schemas["SessionState"];
export type Registration = Schemas["RegisterInput"];
/** What signing in answers; the page itself uses the cookies that come along. */
export type SignIn = Schemas["SignIn"];

export type AuditEntry = Schemas["AuditView"];
export type AuditPage = Schemas["AuditList"];
export type Account = Schemas["AccountView"];
export type AccountPage = Schemas["UserList"];
export type AccountDetail = Schemas["UserDetail"];
export type NewAccount = Schemas["CreateUserInput"];
export type AccountChange = Schemas["UpdateUserInput"];
export type Session = Schemas["SessionView"];
export type SessionPage = Schemas["SessionList"];
export type SecurityNotice = Schemas["NoticeView"];
export type SecurityNoticePage = Schemas["NoticeList"];
export type ApiKey = Schemas["APIKeyView"];
export type EndedApiKeys = Schemas["EndedAPIKeys"];
export type ApiKeyPage = Schemas["APIKeyList"];
export type NewApiKey = Schemas["CreateAPIKeyInput"];
export type CreatedApiKey = Schemas["CreatedAPIKey"];
export type UsageSum = Schemas["UsageSum"];
export type OwnUsage = Schemas["UsageList"];
export type InstanceUsage = Schemas["InstanceUsage"];
export type InstanceStatus = Schemas["InstanceStatus"];
export type AuditCheck = Schemas["AuditCheck"];
export type Backup = Schemas["Backup"];
export type BackupPage = Schemas["BackupList"];
export type Invite = Schemas["InviteView"];
export type InvitePage = Schemas["InviteList"];
export type NewInvite = Schemas["CreateInviteInput"];
export type CreatedInvite = Schemas["CreatedInvite"];

export type FieldError = Schemas["FieldError"];
/** RFC 9457, plus a code to switch on. */
export type ProblemBody = Schemas["Problem"];
