"""Exports as platforms have them: header rows of real portals and Chinese systems, the rows invented.

A platform is a table of header → what stands below it, with the column that it should be recognised as in brackets.
"""

import csv
import random
import re
from datetime import datetime, timedelta
from pathlib import Path

DAILY, DAYS = 20, 9
UNITS = "甲街道 乙镇 丙镇 丁乡 教育局 公安局 住建局 城管局 供水公司 人社局"
_KINDS = "求助 求助 求助 投诉 举报 咨询 建议 表扬"
_TOPICS = "城市管理 农村农业 交通运输 教育文体 医疗卫生"
_RATED = "满意 满意 基本满意 不满意"
_ENGLISH = "Public Works|Transportation|Parks and Recreation|Water|Police"
_PHONE = "Phone|Web|Mobile App|Email"
_ABOUT = "Graffiti|Pothole|Street Light|Trash"
_NEARER = "Graffiti on Wall|Graffiti on Sign|Pothole in Road|Street Light Out|Street Light Flickering|Missed Trash|Overfull Bin"

PLATFORMS = {
    "县12345": f"""
        工单编号 = id [request_id]                来电时间 = at [requested_at]
        *诉求来源 = 电话 微信 网站 [channel]       诉求类型 = {_KINDS} [kind]
        来电号码 = phone                           诉求人 = person
        一级分类 = {_TOPICS} [topic]               二级分类 = 路灯 供水 占道 公交 学区 医保 [subtopic]
        三级分类 = 不亮 停水 摊贩 晚点             诉求内容 = words
        承办单位 = {UNITS} [unit]                 协办单位 = {UNITS}
        办理时限 = due [due_at]                    派单时间 = at
        办结时间 = later [closed_at]               工单状态 = 已办结 办理中
        回访时间 = visit [visited_at]              是否满意 = rated:{_RATED} [result_rating]
        是否解决 = rated:是 否 [solved]            备注 = none""",
    "领导留言板": f"""
        留言编号 = id [request_id]     留言人 = person        留言主题 = words
        留言时间 = at [requested_at]   留言类型 = {_KINDS} [kind]     领域 = {_TOPICS} [topic]
        留言内容 = words               转办单位 = {UNITS} [unit]     答复时间 = later [closed_at]
        答复内容 = words               办理满意度 = rated:{_RATED} [result_rating]""",
    "转派平台": f"""
        序号 = number   工单号 = id [request_id]   受理时间 = at [requested_at]   受理渠道 = 热线 热线 网站 [channel]
        工单分类 = {_KINDS} [kind]   热点分类 = {_TOPICS} [topic]   转派单位 = {UNITS} [unit]   转派时间 = at
        截止时间 = due [due_at]      归档时间 = later [closed_at]  回访人员 = person
        回访结果 = rated:{_RATED} [result_rating]   回访时间 = visit [visited_at]   经度 = number   纬度 = number""",
    "城管平台": f"""
        任务号 = id [request_id]    上报时间 = at [requested_at]     问题来源 = 监督员上报 市民热线 微信 [channel]
        案件类型 = 事件 部件        大类名称 = {_TOPICS} [topic]     小类名称 = 路灯 供水 占道 公交 [subtopic]
        所属街道 = 甲街道 乙街道    派遣单位 = {UNITS} [unit]       处置截止时间 = due [due_at]
        结案时间 = later [closed_at]     地址描述 = words            坐标X = number""",
    "按内容分的工单分类": f"""
        工单编号 = id [request_id]   登记时间 = at [requested_at]   工单类别 = {_KINDS} [kind]   工单分类 = {_TOPICS} [topic]
        来源 = 12345热线 市长信箱 [channel]   责任单位 = {UNITS} [unit]   实际办结时间 = later [closed_at]""",
    "回访两项": f"""
        诉求编号 = id [request_id]      诉求提交时间 = at [requested_at]   反映渠道 = 热线 APP [channel]
        诉求性质 = {_KINDS} [kind]      一级事项 = {_TOPICS} [topic]       二级事项 = 路灯 供水 占道 [subtopic]
        主办单位 = {UNITS} [unit]      首次联系时间 = later [responded_at]     办结反馈时间 = later [closed_at]
        回访日期 = visit [visited_at]   服务态度评价 = rated:{_RATED} [service_rating]
        处理结果满意度 = rated:{_RATED} [result_rating]   是否超期 = 是 否   延期后期限 = none [extended_due_at]""",
    "接诉即办": f"""
        案件编号 = id [request_id]   来电日期 = at [requested_at]   来电类别 = {_KINDS} [kind]   问题分类 = {_TOPICS} [topic]
        问题小类 = 路灯 供水 占道 公交 [subtopic]   被反映区 = 甲区 乙区   承办部门（主办） = several [unit]
        响应时限 = due [respond_due_at]    办理期限（截止） = due [due_at]    回复时间 = later [closed_at]
        解决情况 = rated:已解决 未解决 [solved]   总体满意度 = rated:{_RATED} [result_rating]""",
    "列名看不出": f"""
        单号 = id [request_id]   时间一 = words   日期 = at [requested_at]   甲 = {_KINDS} [kind]
        乙 = 甲小区 乙小区   反馈 = rated:{_RATED} [result_rating]   处理部门 = {UNITS} [unit]""",
    "NYC": f"""
        Unique Key = id [request_id]          Created Date = us [requested_at]     Closed Date = us-later [closed_at]
        Agency = DOT|DSNY|NYPD [unit]         Agency Name = Transportation|Sanitation|Police
        Complaint Type = {_ABOUT} [topic]     Descriptor = {_NEARER} [subtopic]    Location Type = Street|Alley
        Incident Zip = number                 Incident Address = street            Street Name = street
        Address Type = ADDRESS|BLOCK          City = BROOKLYN|BRONX                Facility Type = N/A
        Status = Closed|Open                  Due Date = us-due [due_at]           Resolution Description = words
        Resolution Action Updated Date = us-later      Community Board = 01 BRONX|02 BRONX      BBL = number
        Borough = BRONX|BROOKLYN              Open Data Channel Type = {_PHONE} [channel]
        Taxi Pick Up Location = none          Latitude = number                    Longitude = number""",
    "Boston": f"""
        case_enquiry_id = id [request_id]      open_dt = at [requested_at]       sla_target_dt = due [due_at]
        closed_dt = later [closed_at]          on_time = ONTIME|OVERDUE          case_status = Closed|Open
        closure_reason = words                 case_title = {_NEARER}            subject = Public Works Department|Transportation Division
        reason = {_ABOUT} [topic]              type = {_NEARER} [subtopic]       queue = PWDx_A|BTDT_B|ISD_C
        department = PWDx|BTDT|ISD [unit]      submitted_photo = none            location = street
        fire_district = number                 neighborhood = Dorchester|Roxbury
        location_street_name = street          location_zipcode = number         latitude = number
        source = Constituent Call|Citizens Connect App|Self Service [channel]""",
    "Boston 2025": f"""
        case_id = id [request_id]   open_date = at [requested_at]   case_topic = {_ABOUT} [topic]   service_name = {_NEARER} [subtopic]
        assigned_department = PWDx|BTDT|ISD [unit]   assigned_team = A|B|C   case_status = Closed|Open   closure_reason = words
        closure_comments = words   close_date = later [closed_at]   target_close_date = due [due_at]   on_time = ONTIME|OVERDUE
        report_source = {_PHONE} [channel]   full_address = street   zip_code = number   longitude = number""",
    "San Francisco": f"""
        CaseID = id [request_id]    Opened = us [requested_at]    Closed = us-later [closed_at]    Updated = us-later
        Status = Closed|Open        Status Notes = words          Responsible Agency = {_ENGLISH} [unit]
        Category = {_ABOUT} [topic]     Request Type = {_NEARER} [subtopic]     Request Details = A|B|C|D|E|F|G|H|I|J
        Address = street            Supervisor District = number  Neighborhood = Mission|Sunset
        Police District = Mission|Park  Latitude = number         Point = words
        Source = {_PHONE} [channel]     Media URL = none""",
    "Chicago": f"""
        SR_NUMBER = id [request_id]    SR_TYPE = {_ABOUT} [topic]     SR_SHORT_CODE = AAA|BBB|CCC
        CREATED_DEPARTMENT = none      OWNER_DEPARTMENT = {_ENGLISH} [unit]    STATUS = Completed|Open
        ORIGIN = {_PHONE} [channel]    CREATED_DATE = us [requested_at]        LAST_MODIFIED_DATE = us-later
        CLOSED_DATE = us-later [closed_at]     STREET_ADDRESS = street         ZIP_CODE = number       DUPLICATE = true|false
        LEGACY_RECORD = true|false     LEGACY_SR_NUMBER = none         PARENT_SR_NUMBER = none [repeat_of]
        WARD = number                  CREATED_HOUR = number           LATITUDE = number""",
    "Baltimore": f"""
        SRRecordID = id                ServiceRequestNum = id [request_id]     SRType = {_ABOUT} [topic]
        MethodReceived = {_PHONE} [channel]    CreatedDate = us [requested_at]     SRStatus = Closed|Open
        StatusDate = us-later          DueDate = us-due [due_at]       CloseDate = us-later [closed_at]
        Agency = {_ENGLISH} [unit]     LastActivity = words            LastActivityDate = us-later
        Outcome = none                 Address = street                ZipCode = number        Neighborhood = A|B|C""",
    "Austin": f"""
        Service Request (SR) Number = id [request_id]   SR Description = {_ABOUT} [topic]   SR Department = {_ENGLISH} [unit]
        Method Received = {_PHONE} [channel]   SR Status = Closed|Open   Status Change Date = us-later
        Created Date = us [requested_at]       Last Update Date = us-later   Close Date = us-later [closed_at]
        SR Location = street   Street Number = number   Zip Code = number   Council District = number""",
    "Los Angeles": f"""
        SRNumber = id [request_id]   CreatedDate = us [requested_at]   UpdatedDate = us-later   ActionTaken = SR Created|Other
        Owner = BSS|LASAN|OCB|DWP [unit]   RequestType = {_ABOUT} [topic]   Status = Closed|Open   RequestSource = {_PHONE} [channel]
        CreatedByUserOrganization = BSS|ITA   MobileOS = iOS|Android|none   Anonymous = Y|N   ServiceDate = us-later
        ClosedDate = us-later [closed_at]   Address = street   HouseNumber = number   PolicePrecinct = A|B""",
    "San Diego": f"""
        service_request_id = id [request_id]   service_request_parent_id = none [repeat_of]   sap_notification_number = number
        date_requested = at [requested_at]   case_age_days = number   case_record_type = TSW|ESD
        service_name = {_ABOUT} [topic]   service_name_detail = {_NEARER} [subtopic]   date_closed = later [closed_at]
        status = Closed|Open   lat = number   lng = number   council_district = number
        case_origin = {_PHONE} [channel]   public_description = words""",
    "Houston": f"""
        CASE NUMBER = id [request_id]   SR LOCATION = street   COUNTY = A|B   DEPARTMENT = {_ENGLISH} [unit]   DIVISION = A|B|C
        SR TYPE = {_ABOUT} [topic]   QUEUE = A1|B2|C3   SLA = number   STATUS = Closed|Open   SR CREATE DATE = at [requested_at]
        DUE DATE = due [due_at]   DATE CLOSED = later [closed_at]   OVERDUE = number   Title = words
        Channel Type = {_PHONE} [channel]""",
    "Kansas City": f"""
        CASE ID = id [request_id]   SOURCE = {_PHONE} [channel]   DEPARTMENT = {_ENGLISH} [unit]   WORK GROUP = A|B|C|D|E|F
        CATEGORY = {_ABOUT} [topic]   TYPE = {_NEARER} [subtopic]   CREATION DATE = us [requested_at]   CREATION TIME = clock
        STATUS = RESOL|OPEN   EXCEEDED EST TIMEFRAME = Y|N   CLOSED DATE = us-later [closed_at]   DAYS TO CLOSE = number
        STREET ADDRESS = street   ZIP CODE = number   NEIGHBORHOOD = A|B   POLICE DISTRICT = A|B""",
    "Philadelphia": f"""
        service_request_id = id [request_id]   subject = {_ABOUT}   status = Closed|Open   status_notes = words   service_name = {_ABOUT} [topic]
        service_code = SR-1|SR-2|SR-3   agency_responsible = {_ENGLISH} [unit]   service_notice = 5 Days|9 Days   requested_datetime = at [requested_at]
        updated_datetime = later   expected_datetime = due [due_at]   address = street   zipcode = number   media_url = none   lat = number""",
    "Cincinnati": f"""
        SR_NO = id [request_id]   SR_STATUS = CLOSED|OPEN   SR_TYPE = A1|B2|C3   SR_TYPE_DESC = {_ABOUT} [topic]   PRIORITY = STANDARD|HAZARD
        DEPT_NAME = {_ENGLISH} [unit]   METHOD_RECEIVED = {_PHONE} [channel]   DATE_CREATED = at [requested_at]   DATE_STATUS_CHANGE = later
        PLANNED_COMPLETION_DATE = due [due_at]   DATE_CLOSED = later [closed_at]   DATE_LAST_UPDATE = later   COMMUNITY_COUNCIL_NEIGHBORHOOD = A|B""",
    "Denver": f"""
        Case Number = id [request_id]   Case Summary = words   Case Status = Closed|Open   Case Source = {_PHONE} [channel]   Case Created Date = us [requested_at]
        Case Closed Date = us-later [closed_at]   First Call Resolution = Y|N   Customer Zip Code = number   Agency = {_ENGLISH} [unit]
        Division = A|B|C   Major Area = A|B|C|D   Type = Inquiry|Complaint|Compliment [kind]   Topic = {_ABOUT} [topic]   Council District = number""",
    "Seattle": f"""
        Service Request Number = id [request_id]   Service Request Type = {_ABOUT} [topic]   City Department = {_ENGLISH} [unit]   Created Date = us [requested_at]
        Method Received = {_PHONE} [channel]   Status = Closed|Open   Location = street   ZIP Code = number   Community Reporting Area = A|B""",
    "Buffalo": f"""
        Case Reference = id [request_id]   Case Status = Closed|Open   Open Date = us [requested_at]   Closed Date = us-later [closed_at]
        Subject = Dept of Public Works|Dept of Parks   Reason = {_ABOUT} [topic]   Type = {_NEARER} [subtopic]   Object Type = Property|Street   Address Number = number""",
    "Louisville": f"""
        service_request_id = id [request_id]   requested_datetime = at [requested_at]   status_description = Closed|Open   source = {_PHONE} [channel]
        service_name = {_ABOUT} [topic]   description = words   agency_responsible = {_ENGLISH} [unit]   address = street   zip_code = number   closed_date = later [closed_at]""",
    "Washington": f"""
        SERVICECODE = A1|B2|C3   SERVICECODEDESCRIPTION = {_NEARER} [subtopic]   SERVICETYPECODEDESCRIPTION = {_ABOUT} [topic]   ORGANIZATIONACRONYM = DPW|DDOT|DOB [unit]
        SERVICECALLCOUNT = number   ADDDATE = at [requested_at]   RESOLUTIONDATE = later [closed_at]   SERVICEDUEDATE = due [due_at]   SERVICEORDERDATE = at
        SERVICEREQUESTID = id [request_id]   PRIORITY = Standard|High   STREETADDRESS = street   SERVICEORDERSTATUS = Closed|Open""",
    "Dallas": f"""
        Service Request Number = id [request_id]   Address = street   City Council District = number   Department = {_ENGLISH} [unit]   Service Request Type = {_NEARER} [topic]
        ERT (Estimated Response Time) = 5 Days|9 Days   Overall Service Request Due Date = us-due [due_at]   Status = Closed|Open   Created Date = us [requested_at]
        Update Date = us-later   Closed Date = us-later [closed_at]   Outcome = words   Priority = Standard|High   Method Received Description = {_PHONE} [channel]""",
    "诉求渠道": f"""
        工单编码 = id [request_id]   诉求时间 = at [requested_at]   诉求渠道 = 电话 微信 [channel]   诉求类型 = {_KINDS} [kind]   诉求大类 = {_TOPICS} [topic]
        诉求小类 = 路灯 供水 占道 公交 [subtopic]   责任部门 = {UNITS} [unit]   派发时间 = at   反馈时间 = later [closed_at]   满意情况 = rated:{_RATED} [result_rating]
        办理状态 = 已办结 办理中   来电主题 = words   热点区域 = 甲镇 乙镇""",
    "信件": f"""
        信件编号 = id [request_id]   写信时间 = at [requested_at]   信件类别 = {_KINDS} [kind]   信件标题 = words   写信人 = person   受理单位 = {UNITS} [unit]
        办结日期 = later [closed_at]   满意度评价 = rated:{_RATED} [result_rating]   公开状态 = 公开 不公开""",
    "省平台": f"""
        省工单编号 = id   工单编号 = id [request_id]   受理时间 = at [requested_at]   业务来源 = 省级热线 市级热线 [channel]   事项性质 = {_KINDS} [kind]
        归口一级 = {_TOPICS} [topic]   归口二级 = 路灯 供水 占道 公交 [subtopic]   主办单位名称 = {UNITS} [unit]   签收时间 = at   要求反馈时间 = due [due_at]
        承办单位办结时间 = later [closed_at]   省回访时间 = visit [visited_at]   省回访满意度 = rated:{_RATED} [result_rating]   服务态度 = rated:{_RATED} [service_rating]
        联系电话 = phone   联系人 = person   事发地址 = words   督办次数 = number""",
    "重办": f"""
        工单流水号 = id [request_id]   建单时间 = at [requested_at]   工单来源 = 热线 网络 [channel]   类别 = {_KINDS} [kind]   内容分类 = {_TOPICS} [topic]
        处置单位 = {UNITS} [unit]   办理期限 = due [due_at]   延期后截止时间 = due [extended_due_at]   办毕时间 = later [closed_at]   首次响应时间 = later [responded_at]
        响应期限 = due [respond_due_at]   重办时间 = visit [returned_at]   重办次数 = number [returned]   诉求是否解决 = rated:是 否 [solved]
        回访完成时间 = visit [visited_at]   结果测评 = rated:{_RATED} [result_rating]   过程测评 = rated:{_RATED} [service_rating]   关联工单编号 = none [repeat_of]""",
}


def columns_of(platform: str) -> list[tuple[str, str, str]]:
    """(header, what stands below it, the column that it is or nothing), in order."""
    entries = [
        entry
        for line in PLATFORMS[platform].splitlines()
        for entry in re.split(r"\s{2,}", line.strip())
        if entry
    ]
    return [re.fullmatch(r"(.+?) = (.+?)(?: \[(\w+)\])?", entry).groups("") for entry in entries]


def expected(platform: str) -> dict[str, list[str]]:
    """The columns as the profile should have them."""
    return {column: [header] for header, _, column in columns_of(platform) if column}


def write(folder: Path, platform: str) -> Path:
    """The platform's export, a .csv, of nine days of requests, 18 to 26 October 2021, 2021-W42 whole."""
    draw = random.Random(platform)
    columns = columns_of(platform)
    path = folder / f"{platform}_20211101.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([header for header, _, _ in columns])
        for number in range(DAILY * DAYS):
            at = datetime(2021, 10, 18) + timedelta(minutes=number * 1440 // DAILY + draw.randrange(60))
            visited = draw.random() < 0.5
            writer.writerow([_cell(below, draw, number, at, visited) for _, below, _ in columns])
    return path


def _cell(below: str, draw: random.Random, number: int, at: datetime, visited: bool) -> str:
    moments = {
        "at": at,
        "due": at + timedelta(days=5),
        "visit": at + timedelta(days=3) if visited else None,
        "later": at + timedelta(hours=draw.randrange(1, 90)) if draw.random() < 0.8 else None,
    }
    way, _, which = below.rpartition("-")
    which = which.replace("us", "at") if not way else which
    if which in moments:
        form = "%m/%d/%Y %I:%M:%S %p" if "us" in below else "%Y-%m-%d %H:%M:%S"
        return moments[which].strftime(form) if moments[which] else ""
    plain = {
        "id": f"2021-{number:06d}", "phone": f"1300000{number:04d}", "person": f"测试{chr(0x4E00 + number)}",
        "words": f"第{number}件：{chr(0x5000 + number)}{chr(0x6000 + number)}处有一件说来话长的事", "street": f"{number} EXAMPLE ST",
        "number": str(number + 1), "none": "", "clock": f"{at:%H:%M}",
        "several": "、".join(draw.sample(UNITS.split(), draw.choice([1, 2, 2, 3]))),
    }  # fmt: skip
    if below in plain:
        return plain[below]
    if below.startswith("rated:"):
        return draw.choice(below.removeprefix("rated:").split()) if visited else ""
    return draw.choice(below.split("|") if "|" in below else below.split())
